"""What does a person see? One self-contained HTML page per slide."""

from myograft.report.choose_fields import choose_fields
from myograft.report.contents import Field, OverviewImages, ReportInput
from myograft.report.page import render_report

__all__ = ["Field", "OverviewImages", "ReportInput", "choose_fields", "render_report"]
