"""A random audit of donor calls: draw nuclei for a person to read, then say how many are donor."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from myograft.errors import InputError, UsageError
from myograft.measure import draw_audit, estimate_audit, reading_order
from myograft.model.audit import AuditDesign, Reading
from myograft.model.columns import TableName
from myograft.model.result_layout import ResultLayout
from myograft.model.table import Table
from myograft.read import read_reading_sheet
from myograft.write import output_errors, read_provenance, read_table, write_table, write_text

_COLUMNS = ("order", "section_id", "nucleus_id", "centroid_y_um", "centroid_x_um", "reading")


def design_path(sheet: Path) -> Path:
    """Return where the design of a sheet lies: beside it."""
    return sheet.with_suffix(".design.json")


def estimates_stem(sheet: Path) -> str:
    """Return the name of the estimates of a sheet, without ending: the sheet's own, so that no two share one."""
    return f"{sheet.stem}.{TableName.AUDIT_ESTIMATES}"


def draw_sheet(result: Path, out: Path, sample_n: int, seed: int, read_before: Path | None) -> AuditDesign:
    """Draw nuclei at random and write the sheet that a person fills, and beside it how they were drawn.

    Rows come in random order, without the machine's calls: whoever reads the first ones only has still read a random
    part.

    Parameters
    ----------
    result
        Finished result of one slide.
    out
        Sheet to write, CSV.
    sample_n
        Nuclei to draw of each section.
    seed
        Equal seeds, equal samples.
    read_before
        Sheet of nuclei that were read already; they are not drawn, and count as they were read.

    Raises
    ------
    UsageError
        Where no sample can be drawn so.
    InputError
        Where the result has no donor calls, or the sheet of earlier readings cannot be used.
    OutputError
        Where the sheet cannot be written, or one that somebody filled is there already.
    """
    if sample_n < 1:
        raise UsageError(f"{sample_n} nuclei are no sample", where="--sample", remedy="Draw 200, for example")
    if seed < 0:
        raise UsageError(
            f"a seed is not negative, as {seed} is", where="--seed", remedy="Give 1, for example"
        )
    if out.exists() and any(read_reading_sheet(out).values()):
        raise UsageError(
            "there is a sheet with readings already", where=str(out), remedy="Give another name with --out"
        )
    nuclei, identity, slide_id = _nuclei_of(result)
    before = {} if read_before is None else _clear(read_reading_sheet(read_before))
    unknown = set(before) - set(nuclei["nucleus_id"].filled().tolist())
    if unknown:
        raise InputError(
            f"nucleus {min(unknown)} was read, but this result has none of that number",
            where=str(read_before),
            remedy="Give the readings of this result",
        )
    design = AuditDesign(
        identity=identity,
        slide_id=slide_id,
        seed=seed,
        strata=draw_audit(nuclei, before, sample_n, seed),
        read_before=before,
    )
    with output_errors(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(design_path(out), json.dumps(design.model_dump(mode="json"), indent=1) + "\n")
        write_text(out, _sheet(nuclei, design))
    return design


def estimate_from_sheet(result: Path, sheet: Path, on_note: Callable[[str], None]) -> Table:
    """Return the two-phase estimate after a person read a sheet, and write it beside the sheet, under its name.

    Parameters
    ----------
    result
        The result that the sheet was drawn from.
    sheet
        The sheet, filled; rows at its end may be left.
    on_note
        Takes what the user should know.

    Raises
    ------
    InputError
        Where the sheet or its design cannot be used, belong to another result, or nothing was read.
    """
    nuclei, identity, _ = _nuclei_of(result)
    entered = read_reading_sheet(sheet)
    design = _design_of(sheet)
    if design.identity != identity:
        raise InputError(
            "this sheet was drawn from another result, or the slide was run again with other settings",
            where=str(sheet),
            remedy=f"Give the result it was drawn from ({design.slide_id}), or draw a new sheet",
        )
    readings = _of_sample(design, entered, on_note)
    table = estimate_audit(nuclei, design, readings)
    write_table(table, sheet.parent, estimates_stem(sheet))
    return table


def _nuclei_of(result: Path) -> tuple[Table, str, str]:
    layout = ResultLayout(result)
    record = read_provenance(layout.provenance)
    path = layout.table(TableName.NUCLEI)
    nuclei = read_table(path) if path.is_file() else None
    if nuclei is None or nuclei["origin"].mask.all():
        raise InputError(
            "this result has no nuclei that were called donor or host",
            where=str(result),
            remedy="Run the slide with its donor channel; its report says why none was called",
        )
    return nuclei, record.identity, record.slide_id


def _clear(readings: Mapping[int, Reading | None]) -> dict[int, Reading]:
    return {nucleus: reading for nucleus, reading in readings.items() if reading is not None}


def _sheet(nuclei: Table, design: AuditDesign) -> str:
    at = {nucleus: row for row, nucleus in enumerate(nuclei["nucleus_id"].filled().tolist())}
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(_COLUMNS)
    for number, nucleus in enumerate(reading_order(design), start=1):
        row = at[nucleus]
        place = (f"{nuclei[axis][row]:.1f}" for axis in ("centroid_y_um", "centroid_x_um"))
        sheet.writerow([number, nuclei["section_id"][row], nucleus, *place, ""])
    return text.getvalue()


def _design_of(sheet: Path) -> AuditDesign:
    path = design_path(sheet)
    remedy = (
        "Keep it beside the sheet, under the sheet's name; without it nobody knows what the sample stands for"
    )
    try:
        return AuditDesign.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("the design of this sheet is missing", where=str(path), remedy=remedy) from None
    except (OSError, UnicodeDecodeError, ValidationError) as problem:
        reason = str(problem).splitlines()[0]
        raise InputError(f"the design cannot be read ({reason})", where=str(path), remedy=remedy) from None


def _of_sample(
    design: AuditDesign, entered: Mapping[int, Reading | None], on_note: Callable[[str], None]
) -> dict[int, Reading | None]:
    """Return the readings that count: of the sample, up to the last row that was read."""
    order = reading_order(design)
    others = sorted(_clear(entered).keys() - set(order))
    if others:
        on_note(
            f"{len(others)} readings are of nuclei that were not drawn, such as nucleus {others[0]}: they are left "
            "out; draw a new sheet with --read-before to have them count"
        )
    known = [entered.get(nucleus) for nucleus in order]
    read = [place for place, reading in enumerate(known) if reading is not None]
    if not read:
        raise InputError(
            "nothing was read yet",
            where=f"the sheet of {design.slide_id}",
            remedy=f"Write {', '.join(Reading)} into the column 'reading', from the first row on",
        )
    reached = read[-1] + 1
    if reached < len(known):
        on_note(f"the first {reached} of {len(known)} rows were read; the rest is taken as not drawn")
    passed_n = reached - len(read)
    if passed_n:
        on_note(
            f"{passed_n} rows before the last one that was read are empty: they count as unclear, since what is passed "
            "over is no random part"
        )
    return dict(zip(order[:reached], known, strict=False))
