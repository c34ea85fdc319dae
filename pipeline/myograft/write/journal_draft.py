"""A journal made aside, for corrections that belong together: on the disk it is whole or absent."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from myograft.errors import OutputError
from myograft.model.correction import Correction
from myograft.model.journal import JournalEntry
from myograft.write.atomic import replace_file
from myograft.write.journal_file import JournalFile
from myograft.write.journal_lines import next_line


class JournalDraft:
    """The first entries of an empty journal: `begin` locks it, `publish` makes it appear, `close` lets others write.

    Parameters
    ----------
    file
        The journal, open and without entries.
    first_hash
        Identity of the result.
    """

    def __init__(self, file: JournalFile, first_hash: str) -> None:
        self.entries: tuple[JournalEntry, ...] = ()
        self._file, self._first_hash = file, first_hash
        self._lines: list[bytes] = []

    @classmethod
    def begin(cls, path: Path, first_hash: str, author: str) -> Self:
        """Begin a journal.

        Raises
        ------
        LockedError
            Where somebody else writes it just now.
        OutputError
            Where it holds corrections already, or nothing can be written here.
        JournalError
            Where it is broken.
        UsageError
            Where the author has no name.
        """
        file = JournalFile.open(path, first_hash, author)
        if file.entries:
            file.close()
            raise OutputError(
                "the record of this result holds corrections already",
                where=str(path),
                remedy="Do this before anybody corrects the record",
            )
        return cls(file, first_hash)

    @property
    def head(self) -> str:
        """Hash of the last entry; the identity of the result where there is none."""
        return self.entries[-1].hash if self.entries else self._first_hash

    def append(self, correction: Correction, *, why: str = "", is_audit: bool = False) -> JournalEntry:
        """Add an entry; nothing is on the disk yet.

        Raises
        ------
        CorrectionError
            Where it cannot be recorded.
        """
        file = self._file
        entry, line = next_line(
            self.entries, self.head, file.author, correction, why=why, is_audit=is_audit, where=file.path
        )
        self.entries = (*self.entries, entry)
        self._lines.append(line)
        return entry

    def publish(self) -> None:
        """Let the journal appear, flushed to the disk; one without entries does not.

        Raises
        ------
        OutputError
            Where it cannot be written.
        """
        if self._lines:
            with replace_file(self._file.path) as draft:
                draft.write_bytes(b"".join(self._lines))

    def close(self) -> None:
        """Let others write; a second time does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
