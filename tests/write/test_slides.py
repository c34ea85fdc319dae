"""The table of slides and the page that links the reports."""

from __future__ import annotations

import re

from myograft.model.columns import TableName
from myograft.model.result_layout import OutputLayout
from myograft.model.table import from_rows
from myograft.write import read_table, write_index, write_slides

ROWS = [
    {
        "slide_id": "a <b> & 100%",
        "input_path": "a.tif",
        "status": "done",
        "fibers_n": 12345,
        "nuclei_n": None,
    },
    {
        "slide_id": "c",
        "input_path": "c.tif",
        "status": "failed",
        "reason": "c.tif: <script>alert(1)</script>.",
    },
]


def test_slides_table(tmp_path):
    write_slides(ROWS, OutputLayout(tmp_path))
    assert read_table(OutputLayout(tmp_path).slides()).rows() == from_rows(TableName.SLIDES, ROWS).rows()
    assert OutputLayout(tmp_path).slides(extension="csv").is_file()


def test_index_links_reports_and_escapes_names(tmp_path):
    layout = OutputLayout(tmp_path)
    report = layout.slide("a <b> & 100%").report
    report.parent.mkdir()
    report.write_text("report", encoding="utf-8")
    write_index(layout, ROWS)
    page = layout.index.read_text(encoding="utf-8")
    assert '<a href="a%20%3Cb%3E%20%26%20100%25/report.html">a &lt;b&gt; &amp; 100%</a>' in page
    assert "<td>c</td>" in page  # failed: no report, no link
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "2 slides, 1 failed" in page
    assert "12,345" in page
    assert "None" not in page
    assert re.findall(r"(?:src|href)=\"(?!a%20)", page) == []  # self-contained


def test_index_of_a_table(tmp_path):
    layout = OutputLayout(tmp_path)
    write_index(layout, from_rows(TableName.SLIDES, ROWS[1:]))
    assert "1 slide, 1 failed" in layout.index.read_text(encoding="utf-8")
