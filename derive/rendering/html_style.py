"""How pages look: one style sheet inside the page, for screens light and dark, narrow and wide, and for paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1c1e21; --muted: #5f6670; --faint: #c9ced6; --paper: #ffffff; --main: #1f5fbf; --soft: #eaf1fb;
  --accent: #c2410c; --second: #0f766e; --third: #7e3fb0; --line: #e6e8ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e6ea; --muted: #9aa3af; --faint: #49515c; --paper: #15181c; --main: #82b1ff; --soft: #1d2a3d;
    --accent: #ff9d5c; --second: #4fd1c5; --third: #c9a0f0; --line: #2a2f36;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 "Source Serif 4", "Libertinus Serif", Charter, "Bitstream Charter", Georgia, serif;
}
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.3; font-weight: 600; break-after: avoid; }
h1 { font-size: 1.9rem; margin: 0 0 1.5rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .5rem; color: var(--main); }
p, ul { margin: .6rem 0; }
li { margin: .25rem 0; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Libertinus Math", "Cambria Math", math; }
p math, li math, td.cell math, caption math { font-size: 1.06em; }
.scroll { overflow-x: auto; margin: .4rem 0 .8rem; }
table.steps { border-collapse: collapse; width: 100%; }
table.steps td { padding: .38rem 0; vertical-align: baseline; }
table.steps tr { break-inside: avoid; }
td.left { width: 1px; text-align: right; white-space: nowrap; }
td.is { width: 1px; padding: 0 .5rem !important; }
td.right { width: 100%; max-width: 0; }
.formula { padding-left: 1.6rem; text-indent: -1.6rem; overflow-x: auto; overflow-y: hidden; }
.formula > * { text-indent: 0; }
.term { display: inline-block; padding: .12rem 0; }
td.why {
  min-width: 20rem; padding-left: 1.8rem !important; color: var(--muted); font-size: .88rem;
  line-height: 1.4;
}
.wide td.why { min-width: 14rem; }
td.why.short { width: 1px; min-width: 0; white-space: nowrap; text-align: right; }
.rule { color: var(--ink); }
.law { display: block; margin: .15rem 0 .1rem; font-size: .92em; }
.number { float: right; color: var(--muted); }
table.result { background: var(--soft); border-radius: .5rem; }
table.result td { padding-top: .7rem; padding-bottom: .7rem; }
table.result td.left { padding-left: 1rem; }
table.result td.why { padding-right: 1rem; }
table.data { border-collapse: collapse; }
table.data caption { caption-side: top; text-align: left; color: var(--muted); margin-bottom: .3rem; }
table.data th { text-align: left; font-weight: 600; border-bottom: 1px solid var(--faint); }
table.data th, table.data td { padding: .28rem 1.4rem .28rem 0; vertical-align: baseline; }
table.data .number { float: none; text-align: right; color: inherit; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .7rem 1rem; background: var(--soft); border-radius: .4rem; font-size: .88rem; }
figure { margin: 1rem 0; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { color: var(--muted); font-size: .92rem; margin-top: .5rem; }
math .shape { font-size: .7em; color: var(--muted); }
math .matrix mtd { padding: .15em .4em; }
math .cases mtd { text-align: left; padding: .15em .9em .15em .1em; }
@media (max-width: 44rem) {
  main { padding: 1.2rem .9rem 3rem; }
  table.steps, table.steps tbody { display: block; }
  table.steps tr { display: grid; grid-template-columns: auto auto minmax(0, 1fr); padding: .2rem 0; }
  table.steps tr { align-items: baseline; }
  table.steps td { padding-top: .1rem; padding-bottom: .1rem; }
  td.left, td.is { width: auto; } td.left { grid-column: 1; } td.is { grid-column: 2; }
  td.right { grid-column: 3; max-width: none; }
  td.why, .wide td.why { grid-column: 3; width: auto; min-width: 0; padding-left: 0 !important; }
}
@media print {
  :root { --ink: #000; --muted: #444; --faint: #bbb; --paper: #fff; --main: #143f80; --soft: #f3f5f8;
    --accent: #a33408; --second: #0b5a54; --third: #5d2b86; --line: #ccc; }
  @page { margin: 18mm 16mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .scroll, .formula { overflow: visible; }
  table.steps { display: grid; grid-template-columns: max-content max-content minmax(0, 1fr) fit-content(13rem); }
  table.steps { align-items: baseline; }
  table.steps tbody, table.steps tr { display: contents; }
  table.steps td { break-inside: avoid; max-width: none; }
  td.left, td.is, td.right, td.why, .wide td.why { width: auto; min-width: 0; }
  table.result { border: 1px solid var(--faint); }
}
"""
