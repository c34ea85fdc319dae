"""What does a person see? One self-contained HTML page per slide and per study."""

from myograft.report.agreement_page import AgreementReport, render_agreement
from myograft.report.choose_fields import choose_fields
from myograft.report.contents import Field, OverviewImages, ReportInput
from myograft.report.page import render_report
from myograft.report.study_page import StudyReport, render_study

__all__ = [
    "AgreementReport",
    "Field",
    "OverviewImages",
    "ReportInput",
    "StudyReport",
    "choose_fields",
    "render_agreement",
    "render_report",
    "render_study",
]
