"""Where things lie in a result folder; nobody else spells these names."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from myograft.errors import UsageError
from myograft.model.columns import TableName

#: Longest file name that a reader's name may become; disks take 255, drafts and endings need some.
_LONGEST_NAME = 200
#: Names of devices, which Windows takes for a file's name whatever its ending.
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """Paths inside the result of one slide, ``OUT/<slide>/``."""

    root: Path

    @property
    def image(self) -> Path:
        """OME-Zarr image with its labels."""
        return self.root / "image.ome.zarr"

    def labels(self, name: str) -> Path:
        """Return the label pyramid: ``fibers`` or ``nuclei`` as segmented, ``*_reviewed`` as corrected."""
        return self.image / "labels" / name

    def table(self, name: TableName, *, extension: str = "parquet", reviewed: bool = False) -> Path:
        """Return the table as the machine wrote it, or as the journal leaves it."""
        return self.root / "tables" / ("reviewed" if reviewed else "machine") / f"{name}.{extension}"

    @property
    def reviewed_head(self) -> Path:
        """Which entry of the journal was the last when the reviewed tables and labels were written."""
        return self.root / "tables" / "reviewed" / "journal_head.json"

    @property
    def journal(self) -> Path:
        """Append-only corrections."""
        return self.root / "journal.jsonl"

    def reading(self, reader: str) -> Path:
        """Return the journal of a reader's independent reading.

        Raises
        ------
        UsageError
            Where the reader has no name, or one that no file can have.
        """
        return self._readings / f"{_file_name(reader)}.jsonl"

    def reading_setup(self, reader: str) -> Path:
        """Return how a reader's independent reading was set up.

        Raises
        ------
        UsageError
            Where the reader has no name, or one that no file can have.
        """
        return self._readings / f"{_file_name(reader)}.json"

    def readers(self) -> tuple[str, ...]:
        """Return who has read the slide independently, by name; files that others put there are passed over."""
        stems = (path.stem for path in self._readings.glob("*.jsonl"))
        return tuple(sorted(unquote(stem) for stem in stems if _is_file_name(stem)))

    def journals(self) -> tuple[Path, ...]:
        """Return the journals that are there, the result's own record first."""
        readings = sorted(self._readings.glob("*.jsonl"))
        return tuple(path for path in (self.journal, *readings) if path.is_file())

    def locked_journals(self) -> tuple[JournalLayout, ...]:
        """Return the journals that somebody opened once, the result's own record first: they have a lock."""
        readings = sorted(self._readings.glob("*.lock"))
        places = (
            JournalLayout(path.with_suffix(".jsonl")) for path in (self.root / "journal.lock", *readings)
        )
        return tuple(place for place in places if place.lock.is_file())

    def stroke_drafts(self) -> tuple[Path, ...]:
        """Return strokes of readers that wait to be committed."""
        places = (JournalLayout(self.journal).strokes, *sorted(self._readings.glob("*.strokes.npz")))
        return tuple(path for path in places if path.is_file())

    @property
    def _readings(self) -> Path:
        return self.root / "readings"

    @property
    def tissue(self) -> Path:
        """Where tissue is, coarsely: white on black."""
        return self.root / "tissue.png"

    @property
    def audit_design(self) -> Path:
        """How the nuclei of the random audit were drawn."""
        return self.root / "audit.json"

    @property
    def reattached(self) -> Path:
        """What was left to ask when corrections were moved here from another result."""
        return self.root / "reattached.json"

    @property
    def adjudication(self) -> Path:
        """How independent readings became the record, and what was left to ask."""
        return self.root / "adjudication.json"

    @property
    def provenance(self) -> Path:
        """What was run on what; written last, so that its presence says the result is whole."""
        return self.root / "run.json"

    @property
    def report(self) -> Path:
        """Self-contained page to look at."""
        return self.root / "report.html"

    def log(self, part: str = "") -> Path:
        """Return what happened when in the run, or in one part of it such as ``2of4``; no number depends on it."""
        return self.root / f"run{part and '.'}{part}.log"


@dataclass(frozen=True, slots=True)
class JournalLayout:
    """A journal and what lies beside it."""

    journal: Path

    @property
    def lock(self) -> Path:
        """Locked by who writes just now; stays, empty, when nobody does."""
        return self.journal.with_suffix(".lock")

    @property
    def holder(self) -> Path:
        """Says who holds the lock, to whoever is refused."""
        return self.journal.with_suffix(".holder")

    @property
    def strokes(self) -> Path:
        """Strokes of an edit window that are not committed yet."""
        return self.journal.with_suffix(".strokes.npz")

    @property
    def torn(self) -> Path:
        """Ends of lines that a crash tore, put aside."""
        return self.journal.with_suffix(".torn")


def _file_name(reader: str) -> str:
    """Return a name as one that every disk takes; two readers never share one, also where disks ignore case.

    All but small letters, digits, hyphen and underscore becomes percent signs and digits (RFC 3986), so that the name
    can be read back.

    Raises
    ------
    UsageError
        Where there is no name, or one that no file can have.

    Examples
    --------
    >>> _file_name("Anna B.")
    '%41nna%20%42%2E'
    >>> _file_name("con")
    '%63on'
    """
    remedy = "Give a name of 1 to some 30 letters with --reader NAME"
    if not reader.strip():
        raise UsageError("a reader needs a name, which every correction carries", remedy=remedy)
    plain = string.ascii_lowercase + string.digits + "-_"
    try:
        parts = [letter if letter in plain else _escaped(letter) for letter in reader]
    except UnicodeEncodeError:
        raise UsageError(f"the reader's name {reader!r} is no text", remedy=remedy) from None
    if reader in _DEVICES:
        parts[0] = _escaped(reader[0])
    name = "".join(parts)
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"the reader's name {reader} is too long for a file", remedy=remedy)
    return name


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def _is_file_name(stem: str) -> bool:
    try:
        return _file_name(unquote(stem)) == stem
    except UsageError:
        return False


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """Paths inside the folder given to ``--out``."""

    root: Path

    def slide(self, slide_id: str) -> ResultLayout:
        """Return the result of one slide."""
        return ResultLayout(self.root / slide_id)

    def draft(self, slide_id: str) -> Path:
        """Return the folder where a slide's result grows until it is whole."""
        return self.root / f".{slide_id}.draft"

    def scratch(self, slide_id: str) -> Path:
        """Return the folder of what a run needs for itself only, and of what it has done so far."""
        return self.root / f".{slide_id}.scratch"

    def log(self, slide_id: str, part: str = "") -> Path:
        """Return the log of a slide that has no result yet; it moves into the result when that is whole."""
        return self.root / f"{slide_id}{part and '.'}{part}.log"

    def traceback(self, slide_id: str) -> Path:
        """Return where a defect of ours that ended a slide is described."""
        return self.root / f"{slide_id}.traceback.txt"

    def slides(self, *, extension: str = "parquet") -> Path:
        """Return the table with one row per input."""
        return self.root / f"slides.{extension}"

    @property
    def index(self) -> Path:
        """Page that links the reports."""
        return self.root / "index.html"
