"""From sections to a claim: muscles, subjects, groups."""

from myograft.study.compare import compare_levels
from myograft.study.doubts import doubts
from myograft.study.hierarchy import MeasuredSection, muscles_table, subjects_table
from myograft.study.serial import NUCLEUS_HEIGHT_UM, apart
from myograft.study.variables import VARIABLES, Variable, titles

__all__ = [
    "NUCLEUS_HEIGHT_UM",
    "VARIABLES",
    "MeasuredSection",
    "Variable",
    "apart",
    "compare_levels",
    "doubts",
    "muscles_table",
    "subjects_table",
    "titles",
]
