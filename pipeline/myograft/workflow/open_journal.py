"""Which journal a reader writes, and what happens where nobody may write: then it is only looked at."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from myograft.errors import OutputError, ResultError, UsageError
from myograft.model.correction import Correction
from myograft.model.journal import JournalEntry
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout
from myograft.write import JournalFile, read_journal, write_text


@dataclass
class OpenJournal:
    """A reader's journal, open.

    Parameters
    ----------
    reader
        Who reads.
    setup
        How an independent reading was set up; None for the result's own record.
    read_only_because
        Why nothing can be written; None where it can.
    notes
        What the reader should know.
    """

    reader: str
    setup: ReadingSetup | None
    read_only_because: str | None
    notes: tuple[str, ...]
    _read: tuple[JournalEntry, ...] = ()
    _file: JournalFile | None = field(default=None, repr=False)

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """The journal."""
        return self._read if self._file is None else self._file.entries

    def append(self, edit: Correction, *, why: str = "", is_audit: bool = False) -> JournalEntry:
        """Write an entry; it is on the disk when this returns.

        Raises
        ------
        OutputError
            Where nothing can be written.
        """
        if self._file is None:
            raise OutputError(
                f"nothing can be edited: {self.read_only_because}",
                remedy="Look at the result, or open it again where you may write",
            )
        return self._file.append(edit, why=why, is_audit=is_audit)

    def close(self) -> None:
        """Let others write."""
        if self._file is not None:
            self._read = self._file.entries
            self._file.close()
            self._file = None


def open_journal(layout: ResultLayout, identity: str, reader: str, setup: ReadingSetup | None) -> OpenJournal:
    """Open the result's record, or (with a setup) the reader's own independent reading.

    Raises
    ------
    UsageError
        Where the reader has no name, or the reading was begun with another setup.
    JournalError
        Where the journal is broken.
    """
    name = reader.strip()
    if not name:
        raise UsageError(
            "a reader needs a name, which every correction carries", remedy="Give it with --reader NAME"
        )
    path = layout.journal if setup is None else layout.reading(name)
    if setup is not None:
        setup = _setup_of(layout.reading_setup(name), setup, path)
    try:
        file = JournalFile.open(path, identity, name)
    except OutputError as problem:
        entries = read_journal(path, identity)
        return OpenJournal(name, setup, problem.sentence, (problem.sentence,), entries)
    notes = () if file.healed is None else (file.healed,)
    return OpenJournal(name, setup, None, notes, (), file)


def _setup_of(path: Path, wanted: ReadingSetup, journal: Path) -> ReadingSetup:
    """Return how a reading was begun, or begin it."""
    if not path.is_file() and not (journal.is_file() and journal.stat().st_size):
        write_text(path, json.dumps(wanted.model_dump(mode="json"), indent=1) + "\n")
        return wanted
    begun = read_setup(path)
    if begun != wanted:
        raise UsageError(
            "this reading was begun otherwise "
            f"({'blinded' if begun.is_blinded else 'not blinded'}, seed {begun.seed}, part {begun.subset_fraction:g})",
            where=str(path),
            remedy="Go on as it was begun, or read under another name",
        )
    return begun


def read_setup(path: Path) -> ReadingSetup:
    """Return how a reading was begun.

    Raises
    ------
    ResultError
        Where that is not known any more.
    """
    try:
        return ReadingSetup.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as problem:
        raise ResultError(
            f"how this reading was set up cannot be read ({str(problem).splitlines()[0]})",
            where=str(path),
            remedy="Bring the file back from a copy; without it nobody knows whether the reading was blinded",
        ) from None


def usual_reader() -> str:
    """Return the name that this computer knows its user by."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reader"
