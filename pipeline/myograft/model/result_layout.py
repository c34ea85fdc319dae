"""Where things lie in a result folder; nobody else spells these names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myograft.model.columns import TableName


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
    def journal(self) -> Path:
        """Append-only corrections."""
        return self.root / "journal.jsonl"

    @property
    def provenance(self) -> Path:
        """What was run on what; written last, so that its presence says the result is whole."""
        return self.root / "run.json"

    @property
    def report(self) -> Path:
        """Self-contained page to look at."""
        return self.root / "report.html"


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

    def slides(self, *, extension: str = "parquet") -> Path:
        """Return the table with one row per input."""
        return self.root / f"slides.{extension}"

    @property
    def index(self) -> Path:
        """Page that links the reports."""
        return self.root / "index.html"
