"""What does the whole plane look like? Brightness, tissue, focus: one answer, never one per tile."""

from myograft.prepare.focus import focus_score
from myograft.prepare.normalization import (
    Absorbance,
    Normalization,
    common_normalization,
    find_normalization,
)
from myograft.prepare.settings import PrepareSettings
from myograft.prepare.survey import ChannelSurvey, check_survey, join_surveys, survey_tile
from myograft.prepare.tissue import Tissue, find_glass, find_tissue

__all__ = [
    "Absorbance",
    "ChannelSurvey",
    "Normalization",
    "PrepareSettings",
    "Tissue",
    "check_survey",
    "common_normalization",
    "find_glass",
    "find_normalization",
    "find_tissue",
    "focus_score",
    "join_surveys",
    "survey_tile",
]
