"""What lies beside the slides' folders: the table with one row per input, the page that links the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from myograft.model.columns import TableName
from myograft.model.result_layout import OutputLayout
from myograft.model.table import Table, from_rows
from myograft.write.atomic import write_text
from myograft.write.tables import write_table

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>myograft results</title>
<style>
body { font-family: sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: 0.4rem 0.6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.failed, .failed a { color: #a00; }
</style>
</head>
<body>
<h1>myograft results</h1>
<p>{{ rows|length }} {{ "slide" if rows|length == 1 else "slides" }}, {{ failed_n }} failed
{%- if incomplete_n %}, {{ incomplete_n }} incomplete{% endif %}
{%- if earlier_n %}; {{ earlier_n }} of them from earlier calls{% endif %}.
All numbers: slides.csv, slides.parquet.</p>
<table>
<thead>
<tr><th>Slide</th><th>Status</th><th>Fibers</th><th>Nuclei</th><th>Donor nuclei</th><th>Remarks</th></tr>
</thead>
<tbody>
{% for row in rows %}<tr>
<td>
{%- if row.link %}<a href="{{ row.link }}">{{ row.slide_id }}</a>{% else %}{{ row.slide_id }}{% endif -%}
</td>
<td{% if row.status == "failed" %} class="failed"{% endif %}>
{%- if row.log %}<a href="{{ row.log }}">{{ row.status }}</a>{% else %}{{ row.status }}{% endif -%}
{% if row.is_earlier %} (earlier){% endif %}</td>
{% for count in row.counts %}<td class="number">{{ "" if count is none else "{:,}".format(count) }}</td>
{% endfor %}<td>{{ row.remarks|join(" | ") }}</td>
</tr>
{% endfor %}</tbody>
</table>
</body>
</html>
"""


def write_slides(slides: Table | Sequence[Mapping[str, Any]], layout: OutputLayout) -> None:
    """Write ``slides.parquet`` and ``slides.csv``: one row per input, failed ones included with the reason.

    Parameters
    ----------
    slides
        The table, or its rows as dictionaries (None or a missing key is null).
    layout
        The output folder.

    Raises
    ------
    OutputError
        When a file cannot be written.
    """
    write_table(_as_table(slides), layout.root)


def write_index(layout: OutputLayout, slides: Table | Sequence[Mapping[str, Any]]) -> None:
    """Write ``index.html``: one line per slide, linked to its report and its log where there are any.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    rows = [_line(layout, row) for row in _as_table(slides).rows()]
    counts = {
        "failed_n": sum(row["status"] == "failed" for row in rows),
        "incomplete_n": sum(row["status"] == "incomplete" for row in rows),
        "earlier_n": sum(row["is_earlier"] for row in rows),
    }
    page = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(
        _PAGE
    )
    write_text(layout.index, page.render(rows=rows, **counts))


def _as_table(slides: Table | Sequence[Mapping[str, Any]]) -> Table:
    return slides if isinstance(slides, Table) else from_rows(TableName.SLIDES, slides)


def _line(layout: OutputLayout, row: Mapping[str, Any]) -> dict[str, Any]:
    slide_id = row["slide_id"] or ""
    report = layout.slide(slide_id).report
    return {
        "slide_id": slide_id,
        "status": row["status"] or "",
        "is_earlier": bool(row["is_earlier"]),
        "log": quote(row["log"]) if row["log"] else None,
        "link": quote(report.relative_to(layout.root).as_posix()) if slide_id and report.is_file() else None,
        "counts": [row["fibers_n"], row["nuclei_n"], row["donor_nuclei_n"]],
        "remarks": [text for text in (row["reason"], row["warnings"]) if text],
    }
