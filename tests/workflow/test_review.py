"""A review: what each edit leaves, and that measuring what it touched equals measuring everything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from myograft.api import open_result, open_review, result_of
from myograft.errors import CorrectionError, ResultError
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.columns import TableName
from myograft.model.correction import Pixels, Target
from myograft.model.geometry import Region
from myograft.model.result_layout import ResultLayout
from myograft.workflow.events import ignore
from myograft.workflow.remeasure import remeasure
from myograft.write import read_labels_block, read_mask, read_table

TABLES = (TableName.FIBERS, TableName.NUCLEI, TableName.SECTIONS, TableName.AUDIT_ESTIMATES)


@pytest.fixture
def result(sample_run, tmp_path):
    """A copy of the result of the slide with donor nuclei."""
    return Path(shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted"))


def reviewed_bytes(result):
    layout = ResultLayout(result)
    return {
        (name, extension): layout.table(name, extension=extension, reviewed=True).read_bytes()
        for name in TABLES
        for extension in ("parquet", "csv")
    }


def machine_bytes(result):
    return {
        path.relative_to(result): path.read_bytes()
        for folder in ("tables/machine", "image.ome.zarr/labels/fibers", "image.ome.zarr/labels/nuclei")
        for path in sorted((result / folder).rglob("*"))
        if path.is_file()
    }


def donors(review):
    nuclei = review.nuclei
    is_donor = (nuclei["origin"] == "donor").filled(fill_value=False)
    return nuclei["nucleus_id"].filled()[is_donor].tolist()


def square(y0, x0, edge_px):
    return Pixels.from_mask(np.ones((edge_px, edge_px), bool), y0=y0, x0=x0)


def play(review, random, edits_n):
    """Make random edits of every kind; what cannot be is left out."""
    height, width = review.finished.slide.stack.shape

    def some(target):
        table = review.fibers if target is Target.FIBER else review.nuclei
        return int(random.choice(table[f"{target}_id"].filled()))

    def near(target, number):
        box = review.box_of(target, number).grow(6, (height, width))
        numbers = np.unique(review.labels(target, box))
        others = [int(other) for other in numbers if other not in (0, number)]
        return int(random.choice(others)) if others else number

    def cut(target, number):
        box = review.box_of(target, number)
        middle = (box.x0 + box.x1) / 2
        return ((box.y0 - 2.0, middle), (box.y1 + 2.0, middle + 3.0))

    def merge(target):
        number = some(target)
        return review.merge(target, (number, near(target, number)))

    def split(target):
        number = some(target)
        return review.split(target, number, cut(target, number))

    def outline():
        y, x = random.integers(0, height - 80), random.integers(0, width - 80)
        edge = int(random.integers(40, 160))
        return ((y, x), (y, x + edge), (y + edge, x + edge / 2))

    def paint(target):
        y, x = (int(random.integers(0, edge - 100)) for edge in (height, width))
        region = Region(y, x, y + 100, x + 100)
        after = review.labels(target, region)
        numbers = [number for number in np.unique(after).tolist() if number]
        after[20:50, 30:60] = random.choice([0, *numbers])
        after[60:70, 60:80] = int(after.max()) + 100_000
        return region, after

    kinds = {
        "add": lambda t: review.add(t, square(*random.integers(0, height - 30, 2).tolist(), 24)),
        "delete": lambda t: review.delete(t, some(t)),
        "merge": merge,
        "split": split,
        "reshape": lambda t: review.reshape(
            t, some(t), square(*random.integers(0, height - 40, 2).tolist(), 30)
        ),
        "paint": lambda t: review.paint(t, *paint(t)),
        "origin": lambda t: review.set_origin(some(Target.NUCLEUS), random.choice([*Origin, None])),
        "in": lambda t: review.set_location(some(Target.NUCLEUS), Location.IN_FIBER, some(Target.FIBER)),
        "out": lambda t: review.set_location(some(Target.NUCLEUS), Location.INTERSTITIAL, None),
        "position": lambda t: review.set_position(some(Target.NUCLEUS), random.choice(list(Position))),
        "accept": lambda t: review.accept(t, some(t)),
        "reject": lambda t: review.reject(t, some(t), random.choice(list(ExclusionReason))),
        "exclude": lambda t: review.exclude(outline(), random.choice(list(ExclusionReason))),
        "include": lambda t: review.include(outline()),
        "undo": lambda t: review.undo(),
        "undo again": lambda t: review.undo(),
        "redo": lambda t: review.redo(),
    }
    made = []
    for _ in range(edits_n):
        kind = str(random.choice(list(kinds)))
        try:
            kinds[kind](random.choice(list(Target)))
            made.append(kind)
        except CorrectionError:
            continue
    return made


@pytest.mark.parametrize("seed", range(4))
def test_measuring_what_was_touched_equals_measuring_everything(result, seed):
    machine = machine_bytes(result)
    with open_review(result, "anna") as review:
        made = play(review, np.random.default_rng(seed), 40)
        assert len(made) > 20
        fibers = review.labels(Target.FIBER, review.finished.slide.stack.whole)
    quick = reviewed_bytes(result)
    layout = ResultLayout(result)
    is_shaped = layout.labels("fibers_reviewed").exists()
    stored = layout.labels("fibers_reviewed" if is_shaped else "fibers")
    assert np.array_equal(read_labels_block(stored, Region(0, 0, *fibers.shape)), fibers)
    for level, pixels in enumerate(open_result(result).label_levels(stored.name)):
        assert np.array_equal(np.asarray(pixels), fibers[:: 2**level, :: 2**level])
    with open_review(result, "anna") as review:  # measured once for all entries, not entry by entry
        review.save()
    assert reviewed_bytes(result) == quick
    shutil.rmtree(result / "tables" / "reviewed")
    if is_shaped:
        shutil.rmtree(stored)
    remeasure(result, workers_n=1, on_event=ignore)
    assert reviewed_bytes(result) == quick
    assert machine_bytes(result) == machine


def test_undoing_everything_leaves_what_the_machine_said(result):
    with open_review(result, "anna") as review:
        play(review, np.random.default_rng(9), 25)
        while review.can_undo:
            review.undo()
        for name, now in (("fibers", review.fibers), ("nuclei", review.nuclei)):
            machine = read_table(ResultLayout(result).table(TableName(name)))
            for column, values in machine.columns.items():
                if not column.startswith("is_reviewed") and column not in {"is_edited", "is_drawn"}:
                    assert np.ma.allequal(values, now[column]), column
                    assert np.array_equal(np.ma.getmaskarray(values), np.ma.getmaskarray(now[column])), column
    assert not (result / "tables" / "reviewed").exists()
    assert not ResultLayout(result).labels("fibers_reviewed").exists()
    assert remeasure(result, workers_n=1, on_event=ignore) is None


def test_a_call_changes_the_counts_and_ends_the_correction_for_error_rates(result):
    with open_review(result, "anna") as review:
        before = review.section["donor_nuclei_n"]
        change = review.set_origin(donors(review)[0], Origin.HOST, why="a vessel")
        assert change.section["donor_nuclei_n"] == before - 1
        assert change.estimate["reviewed_n"] == 1
        assert change.entry.why == "a vessel"
        assert review.row(Target.NUCLEUS, change.entry.correction.nucleus_id)["is_edited"] is True
        assert review.section["edited_nuclei_n"] == review.section["reviewed_nuclei_n"] == 1
    with open_review(result, "ben") as review:
        assert review.section["donor_nuclei_n"] == before - 1
        assert review.undo().section["donor_nuclei_n"] == before
        assert [entry.author for entry in review.entries] == ["anna", "ben"]


def test_an_excluded_region_takes_its_tissue_along(result):
    with open_review(result, "anna") as review:
        whole = review.section["tissue_area_mm2"]
        size_um = review.finished.slide.stack.calibration.pixel_size_um
        change = review.exclude(((0, 0), (0, 200), (200, 200), (200, 0)), ExclusionReason.FOLD)
        tissue_px = read_mask(ResultLayout(result).tissue)[:200, :200].sum()
        assert 0 < change.section["excluded_area_mm2"] == pytest.approx(tissue_px * size_um**2 * 1e-6)
        assert change.section["tissue_area_mm2"] + change.section["excluded_area_mm2"] == pytest.approx(whole)
        inside = review.nuclei["in_excluded_region"].filled()
        assert inside.any()
        assert change.section["nuclei_n"] == len(inside) - inside.sum()
        fibers = review.fibers
        cut = (fibers["exclusion_reason"] == "edge").filled(fill_value=False)
        machine = open_result(result).tables["fibers"]
        assert cut.sum() > (machine["exclusion_reason"] == "edge").filled(fill_value=False).sum()
        assert review.include(((0, 0), (0, 200), (200, 200), (200, 0))).section["tissue_area_mm2"] == whole


def test_a_random_audit_gives_an_interval_that_narrows(result):
    with open_review(result, "anna") as review:
        assert review.estimate["donor_nuclei_estimated_n"] is None
        for number in donors(review):
            review.accept(Target.NUCLEUS, number)
        widths = []
        for count, number in enumerate(review.audit_ids):
            if number in donors(review):
                continue
            estimate = review.set_origin(number, Origin.HOST, is_audit=True).estimate
            if count % 20 == 0:
                widths.append(
                    estimate["donor_nuclei_estimated_high_n"] - estimate["donor_nuclei_estimated_low_n"]
                )
        assert widths[-1] < widths[0]
        assert review.estimate["donor_nuclei_estimated_n"] == len(donors(review))


def test_a_refused_edit_writes_nothing(result):
    with open_review(result, "anna") as review:
        with pytest.raises(CorrectionError, match="no fiber 999"):
            review.delete(Target.FIBER, 999)
        with pytest.raises(CorrectionError, match="second one"):
            review.merge(Target.FIBER, (1, 1))
        with pytest.raises(CorrectionError, match="three corners"):
            review.exclude(((0, 0), (1, 1)), ExclusionReason.FOLD)
        with pytest.raises(CorrectionError, match="nothing to undo"):
            review.undo()
        assert review.entries == ()
    assert not ResultLayout(result).journal.exists()


def test_a_result_of_an_older_version_is_refused(result):
    path = result / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["plane"]
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ResultError, match=r"older version.*--fresh"):
        open_review(result, "anna")


def test_without_its_copy_of_the_image_a_result_is_reviewed_all_the_same(result):
    with open_review(result, "anna") as review:
        number = review.split(Target.NUCLEUS, *halved(review, 1)).entry.correction.parts[0].new_id
        row = review.row(Target.NUCLEUS, number)
        review.undo()
    shutil.rmtree(result / "image.ome.zarr" / "0")
    with open_review(result, "anna") as review:
        # The input is still where it was.
        assert "own copy cannot be read" in review.notes[0]
        assert "the input is measured instead" in review.notes[0]
        again = review.split(Target.NUCLEUS, *halved(review, 1)).entry.correction.parts[0].new_id
        assert review.row(Target.NUCLEUS, again)["donor_signal"] == row["donor_signal"]
        review.undo()
    path = result / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"input_path": "gone.tif"}), encoding="utf-8")
    with open_review(result, "anna") as review:
        assert "can be reviewed all the same" in review.notes[0]
        assert result_of(review).image_levels == open_result(result).image_levels == ()
        assert review.labels(Target.FIBER, review.finished.slide.stack.whole).any()
        assert review.accept(Target.FIBER, 1).section["reviewed_fibers_n"] == 1


def halved(review, number):
    box = review.box_of(Target.NUCLEUS, number)
    middle = (box.x0 + box.x1) / 2
    return number, ((box.y0 - 2.0, middle), (box.y1 + 2.0, middle))


def test_without_pixels_a_review_says_what_stays_unknown(result):
    path = result / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record |= {"copies_image": False, "input_path": "gone.tif"}
    path.write_text(json.dumps(record), encoding="utf-8")
    with open_review(result, "anna") as review:
        assert "gone.tif is not there" in review.notes[0]
        change = review.add(Target.NUCLEUS, square(3, 3, 12))
        number = change.entry.correction.made.new_id
        assert review.row(Target.NUCLEUS, number)["origin"] is None
        with pytest.raises(ResultError, match="pixels of this slide"):
            review.crop(Region(0, 0, 9, 9), 0)
