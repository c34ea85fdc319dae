"""One self-contained page on how well readers agree: values of sections, calls, outlines, and what to settle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import numpy as np

from myograft.model.agreement import Compared, Sample
from myograft.model.table import Table
from myograft.report.figures import inline_svg, new_figure
from myograft.report.numbers import plain, signed, unit_suffix
from myograft.report.pictures import BLUE, VERMILION

#: Disagreements that the page lists; the table holds all.
_LISTED_N = 200

_STATISTICS = {
    "observed_agreement": "Observed agreement",
    "cohens_kappa": "Cohen's kappa",
    "gwets_ac1": "Gwet's AC1",
    "specific_agreement": "Agreement on",
    "detection_f1": "Detection F1, overlap at least half",
    "dice_mean": "Mean Dice of matched outlines",
}

_SAMPLES = {
    str(Sample.READ): "nuclei that both read",
    str(Sample.AUDIT): "all nuclei, by the random audit",
}

#: One row of a table.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class AgreementReport:
    """What the page shows.

    Parameters
    ----------
    agreement, reader_values, disagreements
        The tables.
    titles
        Names of section values for people.
    notes
        What the reader must know.
    version
        Version of myograft.
    """

    agreement: Table
    reader_values: Table
    disagreements: Table
    titles: Mapping[str, str]
    notes: tuple[str, ...]
    version: str


def render_agreement(content: AgreementReport) -> str:
    """Return the page as HTML."""
    page = jinja2.Environment(
        loader=jinja2.PackageLoader("myograft.report", ""),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template("agreement.html.j2")
    rows, values, apart = (
        table.rows() for table in (content.agreement, content.reader_values, content.disagreements)
    )
    readers, slides = (list(dict.fromkeys(row[name] for row in values)) for name in ("reader", "slide_id"))
    return page.render(
        lead=f"{', '.join(readers)}; {len(slides)} slide{'s' * (len(slides) != 1)}; myograft {content.version}",
        warnings=content.notes,
        values=list(_values(rows, content.titles)),
        figures=list(_figures(rows, values, content.titles)),
        calls=list(_calls(rows)),
        outlines=[_coefficient(row) for row in rows if row["compared"] == Compared.OUTLINE],
        means=[_mean(row, content.titles) for row in rows if row["compared"] == Compared.READER],
        disagreements=[_disagreement(row) for row in apart[:_LISTED_N]],
        disagreements_n=len(apart),
    )


def _values(rows: Sequence[Row], titles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a line per variable and group of readers."""
    for (variable, readers), found in _grouped(rows, Compared.SECTION_VALUE, ("variable", "readers")):
        by_name = {row["statistic"]: row for row in found}
        correlation = by_name["icc_2_1"]
        yield {
            "what": titles.get(variable, variable),
            "readers": readers,
            "sections_n": correlation["sections_n"],
            "icc": _told(correlation, _part) if correlation["value"] is not None else correlation["reason"],
            **{
                name: _told(by_name[name], signed, unit_suffix(by_name[name]["unit"]))
                if name in by_name and by_name[name]["value"] is not None
                else "–"
                for name in ("bias", "limit_low", "limit_high")
            },
        }


def _figures(rows: Sequence[Row], values: Sequence[Row], titles: Mapping[str, str]) -> Iterator[str]:
    for (variable, readers), found in _grouped(rows, Compared.SECTION_VALUE, ("variable", "readers")):
        by_name = {row["statistic"]: row for row in found}
        if "limit_low" in by_name and by_name["limit_low"]["value"] is not None:
            yield _bland_altman(titles.get(variable, variable), variable, readers, by_name, values)


def _bland_altman(
    title: str, variable: str, readers: str, rows: Mapping[str, Row], values: Sequence[Row]
) -> str:
    """Return differences of two readers over their mean, with bias, limits of agreement and how sure these are."""
    ends = readers.split(", ")
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in values:
        if row["variable"] == variable and row["reader"] in ends:
            found.setdefault((row["slide_id"], row["section_id"]), {})[row["reader"]] = row["value"]
    first, second = (
        np.array([part[reader] for part in found.values() if len(part) == len(ends)]) for reader in ends
    )
    figure = new_figure(3.4, 2.7)
    axes = figure.subplots()
    for name, color in (("bias", BLUE), ("limit_low", VERMILION), ("limit_high", VERMILION)):
        row = rows[name]
        axes.axhspan(row["sections_low"], row["sections_high"], color=color, alpha=0.12, linewidth=0)
        axes.axhline(row["value"], color=color, linewidth=1.0, linestyle="-" if name == "bias" else "--")
    axes.axhline(0.0, color="0.6", linewidth=0.6)
    axes.scatter((first + second) / 2.0, first - second, s=16, color="0.2", zorder=3)
    unit = unit_suffix(rows["bias"]["unit"]).strip()
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(f"mean of both{f' ({unit})' * bool(unit)}", fontsize=8)
    axes.set_ylabel(f"{ends[0]} minus {ends[1]}", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return inline_svg(figure)


def _calls(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for (readers, variable, sample), found in _grouped(
        rows, Compared.CALL, ("readers", "variable", "sample")
    ):
        cells = {row["category"]: row for row in found if row["statistic"] == "calls_n"}
        names = list(dict.fromkeys(category.split("/")[0] for category in cells))
        yield {
            "title": f"{variable.capitalize()}: {readers}, {_SAMPLES[sample]}",
            "counted": f"{found[0]['objects_n']:,} nuclei read, {found[0]['sections_n']} sections",
            "first": readers.split(", ")[0],
            "second": readers.split(", ")[1],
            "names": names,
            "table": [(name, [_count(cells[f"{name}/{other}"]) for other in names]) for name in names],
            "coefficients": [_coefficient(row) for row in found if row["statistic"] != "calls_n"],
        }


def _part(value: float) -> str:
    # Rounding leaves no minus before zero.
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def _count(row: Row) -> str:
    value = row["value"]
    return "–" if value is None else f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def _coefficient(row: Row) -> dict[str, Any]:
    name = _STATISTICS[row["statistic"]]
    return {
        "what": f"{name} {row['category']}" if row["category"] else name,
        "about": row["variable"],
        "readers": row["readers"],
        "objects_n": f"{row['objects_n']:,}",
        "value": "–" if row["value"] is None else _part(row["value"]),
        "objects": _interval(row, "objects"),
        "sections": _interval(row, "sections"),
        "reason": row["reason"] or "",
    }


def _interval(row: Row, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "–" if low is None else f"{_part(low)} to {_part(high)}"


def _mean(row: Row, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "what": titles.get(row["variable"], row["variable"]),
        "reader": row["readers"],
        "sections_n": row["sections_n"],
        "mean": f"{_told(row, plain, unit_suffix(row['unit']))}",
    }


def _told(row: Row, written: Any, unit: str = "") -> str:
    text = f"{written(row['value'])}{unit}"
    if row["sections_low"] is None:
        return text
    return f"{text} ({written(row['sections_low'])} to {written(row['sections_high'])})"


def _disagreement(row: Row) -> dict[str, Any]:
    ids = [row[f"{end}_object_id"] for end in ("first", "second")]
    numbers = list(dict.fromkeys(str(number) for number in ids if number is not None))
    return {
        "number": row["number"],
        "kind": row["kind"],
        "slide": row["slide_id"],
        "object": f"{row['target']} {' / '.join(numbers)}",
        "said": f"{row['first_reader']}: {row['first_says']}; {row['second_reader']}: {row['second_says']}",
        "machine": row["machine_says"] or "–",
        "place": f"{row['centroid_y_um']:,.0f}, {row['centroid_x_um']:,.0f}",
    }


def _grouped(
    rows: Sequence[Row], compared: Compared, names: Sequence[str]
) -> list[tuple[tuple[Any, ...], list[Row]]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["compared"] == compared:
            groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.items())
