"""Writing a file as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from derive.errors import UsageError


def write_file(path: str, contents: bytes) -> None:
    """Write a file; one that was there before is replaced only when the new one is complete.

    The new file has the permissions of the old one, a link keeps leading to it, and what is no file at all (a pipe, a
    device) is written to as it is. Raises UsageError if that cannot be done.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(contents)
        else:
            _replace(target, contents)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", suggestion="Choose another file.") from error


def _replace(target: Path, contents: bytes) -> None:
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except PermissionError:
        # A file may be ours in a folder that is not.
        target.write_bytes(contents)
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(contents)
        os.chmod(name, _permissions(target))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _permissions(target: Path) -> int:
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
