"""What do the journal's edits leave? Corrected labels, what people said, and what must be measured again."""

from myograft.correct.areas import excluded_mask, is_cut, near_outlines
from myograft.correct.boxes import StoredBoxes, hull_of
from myograft.correct.called import Shaped, called_fibers, called_nuclei
from myograft.correct.calls import Calls
from myograft.correct.checks import Objects
from myograft.correct.chunks import LabelSource
from myograft.correct.edited_labels import EditedLabels
from myograft.correct.fixed_objects import FixedObjects
from myograft.correct.machine import MachineResult
from myograft.correct.reattach import Conflict, Reattached, Reissued, reattach
from myograft.correct.replay import Replay, Touched
from myograft.correct.shapes import bridge_between, fill_outline, split_by_line
from myograft.correct.window import corrections_of

__all__ = [
    "Calls",
    "Conflict",
    "EditedLabels",
    "FixedObjects",
    "LabelSource",
    "MachineResult",
    "Objects",
    "Reattached",
    "Reissued",
    "Replay",
    "Shaped",
    "StoredBoxes",
    "Touched",
    "bridge_between",
    "called_fibers",
    "called_nuclei",
    "corrections_of",
    "excluded_mask",
    "fill_outline",
    "hull_of",
    "is_cut",
    "near_outlines",
    "reattach",
    "split_by_line",
]
