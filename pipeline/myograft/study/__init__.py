"""From sections to a claim: muscles, subjects, groups, and how well readers agree."""

from myograft.study.agreement import Agreement, SlideReadings, agreement_of
from myograft.study.compare import compare_levels
from myograft.study.doubts import doubts
from myograft.study.hierarchy import MeasuredSection, muscles_table, subjects_table
from myograft.study.reading_tables import MACHINE, OutlineReader, ReadingTables
from myograft.study.section_agreement import SECTION_VALUES
from myograft.study.serial import NUCLEUS_HEIGHT_UM, Series, apart
from myograft.study.variables import VARIABLES, Variable, titles

__all__ = [
    "MACHINE",
    "NUCLEUS_HEIGHT_UM",
    "SECTION_VALUES",
    "VARIABLES",
    "Agreement",
    "MeasuredSection",
    "OutlineReader",
    "ReadingTables",
    "Series",
    "SlideReadings",
    "Variable",
    "agreement_of",
    "apart",
    "compare_levels",
    "doubts",
    "muscles_table",
    "subjects_table",
    "titles",
]
