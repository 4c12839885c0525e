"""JSON as its standard has it: no key twice, no NaN, nothing that could not be written again."""

from __future__ import annotations

import json
import math
from typing import Any

from derive.grading.faults import LineError


def strict_json(written: str) -> Any:
    """The value that a text of JSON holds; LineError if it is none."""
    try:
        return json.loads(written, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except LineError:
        raise
    except RecursionError as error:
        raise LineError("Lists and objects are nested too deeply.") from error
    except ValueError as error:
        raise LineError(f"This is no JSON: {error}.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if any(key == other for other, _ in pairs[:i]))
        raise LineError(f"The key {twice!r} stands here twice.")
    return found


def _no_number(written: str) -> float:
    raise LineError(f"JSON has no number {written}.")


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise LineError(f"The number {written} is too large.")
    return value


def one_line(value: Any) -> str:
    """A value on one line: letters as they are, but nothing in it that ends a line or steers a terminal."""
    written = json.dumps(value, ensure_ascii=False)
    return written if written.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)
