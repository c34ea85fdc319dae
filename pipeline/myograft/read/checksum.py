"""The identity of an input: a digest of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and digests of all files of a folder, as hexadecimal."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")):
        if part.is_file():
            digest.update(f"{part.relative_to(path).as_posix()}\0{checksum(part)}\n".encode())
    return digest.hexdigest()
