"""Results kept between runs: a file of JSON for each document, in the user's cache folder; safe to delete."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Entries = dict[str, Sequence[Mapping[str, Any]]]


def folder() -> Path:
    """$DERIVE_CACHE_DIR, or derive/ in the user's cache folder."""
    own = os.environ.get("DERIVE_CACHE_DIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "derive"


def load(document: Path, fingerprint: str) -> Entries:
    """What is kept for a document; nothing if it was kept by another version, or cannot be read."""
    try:
        stored = json.loads(_file(document).read_text(encoding="utf-8"))
        if stored["fingerprint"] == fingerprint:
            return dict(stored["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def save(document: Path, fingerprint: str, entries: Entries) -> None:
    """Keep results; where that is not possible, go without."""
    target = _file(document)
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".partial")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"fingerprint": fingerprint, "document": str(document), "entries": entries}, file)
        os.replace(name, target)


def fingerprint(*parts: object) -> str:
    """What results depend on besides the document: the code that finds them, and the settings in `parts`."""
    package = Path(__file__).resolve().parent.parent
    seen = hashlib.sha256(repr(parts).encode())
    for file in sorted(package.rglob("*.py")):
        state = file.stat()
        seen.update(f"{file.relative_to(package)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:32]


def _file(document: Path) -> Path:
    name = hashlib.sha256(str(document.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return folder() / "notes" / f"{name}.json"
