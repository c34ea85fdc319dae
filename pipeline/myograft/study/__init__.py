"""From sections to a claim: muscles, subjects, groups, and how well readers agree."""

from myograft.study.agreement import Agreement, SlideReadings, agreement_of
from myograft.study.compare import compare_levels
from myograft.study.donor_doubts import donor_doubts
from myograft.study.donor_reading import DonorReading, donor_readings
from myograft.study.doubts import doubts
from myograft.study.hierarchy import muscles_table
from myograft.study.measured_section import MeasuredSection
from myograft.study.reading_tables import MACHINE, OutlineReader, ReadingTables
from myograft.study.section_agreement import SECTION_VALUES
from myograft.study.serial import NUCLEUS_HEIGHT_UM, Series, apart
from myograft.study.subjects import subjects_table
from myograft.study.variables import VARIABLES, Variable, titles

__all__ = [
    "MACHINE",
    "NUCLEUS_HEIGHT_UM",
    "SECTION_VALUES",
    "VARIABLES",
    "Agreement",
    "DonorReading",
    "MeasuredSection",
    "OutlineReader",
    "ReadingTables",
    "Series",
    "SlideReadings",
    "Variable",
    "agreement_of",
    "apart",
    "compare_levels",
    "donor_doubts",
    "donor_readings",
    "doubts",
    "muscles_table",
    "subjects_table",
    "titles",
]
