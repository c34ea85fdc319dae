"""Two people read the sample slides on their own; how well they agree is what they did, and bad input is said."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from myograft.api import open_review
from myograft.cli import main
from myograft.model.biology import ExclusionReason, Location, Origin
from myograft.model.correction import Pixels, Target
from myograft.model.reading import ReadingSetup
from myograft.model.result_layout import ResultLayout
from myograft.workflow.readings import load_machine, load_reading, readers_of
from myograft.write import read_provenance, read_table, write_provenance

BLIND = ReadingSetup(is_blinded=True)


@pytest.fixture(scope="module")
def runs(sample_run, tmp_path_factory):
    """Copies of both sample results; Anna and Ben have read some of each, Ben the first one not blinded."""
    out = tmp_path_factory.mktemp("read") / "runs"
    for name in ("engrafted", "negative_control"):
        shutil.copytree(sample_run.out / name, out / name)
    for name in ("engrafted", "negative_control"):
        with open_review(out / name, "anna", setup=BLIND) as anna:
            read(anna, flipped=())
            anna.delete(Target.FIBER, 10)
            anna.split(Target.FIBER, 11, middle_line(anna, 11))
        setup = ReadingSetup(is_blinded=name != "engrafted")
        with open_review(out / name, "ben", setup=setup) as ben:
            read(ben, flipped=donors(ben)[:1])
            ben.set_location(3, Location.INTERSTITIAL, None)
            ben.reject(Target.NUCLEUS, 4, ExclusionReason.OUT_OF_FOCUS)
            ben.accept(Target.FIBER, 10)
            ben.accept(Target.FIBER, 11)
    return out


def donors(review):
    nuclei = review.nuclei
    return nuclei["nucleus_id"].filled()[(nuclei["origin"] == "donor").filled(fill_value=False)].tolist()


def read(review, flipped):
    """Read the first 30 nuclei, eight fibers and every donor nucleus as the machine, but call some of these host."""
    for number in sorted({*range(1, 31), *donors(review)} - {*flipped}):
        origin = review.row(Target.NUCLEUS, number)["origin"]
        review.set_origin(
            number, None if origin is None else Origin(origin)
        )  # a blinded reader accepts nothing
    for number in flipped:
        review.set_origin(number, Origin.HOST)
    for number in range(1, 9):
        review.accept(Target.FIBER, number)


def middle_line(review, number):
    box = review.box_of(Target.FIBER, number)
    middle = (box.x0 + box.x1) / 2
    return ((box.y0 - 2.0, middle), (box.y1 + 2.0, middle))


def run(*arguments):
    try:
        main(["agree", *map(str, arguments)])
    except SystemExit as end:
        return end.code or 0
    return 0


def rows(out, name, **wanted):
    found = read_table(out / f"{name}.parquet").rows()
    return [row for row in found if all(row[key] == value for key, value in wanted.items())]


def test_agreement_of_two_people(runs, tmp_path, capsys):
    out = tmp_path / "agreement"
    before = {path: path.read_bytes() for path in sorted(runs.rglob("*")) if path.is_file()}
    assert run(runs, "--out", out, "--with-machine", "--readers", "anna", "ben") == 0
    said = capsys.readouterr()
    assert "anna, ben, nuclei that both read: Gwet's AC1" in said.out
    assert "ben was not blinded (slide engrafted)" in said.err
    assert "did not both read nuclei in random order (slide engrafted)" in said.err
    # Nothing of the results changes, not even by drawing an audit.
    assert {path: path.read_bytes() for path in sorted(runs.rglob("*")) if path.is_file()} == before

    cells = {
        row["category"]: row["value"]
        for row in rows(out, "agreement", statistic="calls_n", readers="anna, ben")
    }
    anna, ben = (load_reading(runs / "engrafted", name) for name in ("anna", "ben"))
    assert cells["donor/host"] >= 1
    assert cells["host/donor"] == 0
    flips = rows(out, "disagreements", kind="origin")
    assert [(row["first_says"], row["second_says"], row["machine_says"]) for row in flips] == [
        ("donor", "host", "donor")
    ] * len(flips)
    assert flips[0]["number"] == 1
    row = anna.nuclei.rows()[int(np.flatnonzero(anna.nuclei["nucleus_id"] == flips[0]["first_object_id"])[0])]
    assert (flips[0]["centroid_y_um"], flips[0]["box_x1_px"]) == (row["centroid_y_um"], row["box_x1_px"])
    assert {(row["kind"], row["first_object_id"]) for row in rows(out, "disagreements", slide_id="engrafted")} >= {
        ("location", 3), ("exclusion", 4),
    }  # fmt: skip
    # Of the fiber that Anna cut one half may still be Ben's, the other is her own; the one she deleted is his alone.
    missing = rows(out, "disagreements", kind="missing", slide_id="engrafted")
    assert (None, 10) in {(row["first_object_id"], row["second_object_id"]) for row in missing}
    [f1] = rows(out, "agreement", statistic="detection_f1", variable="fibers", readers="anna, ben")
    assert f1["objects_low"] < f1["value"] < f1["objects_high"] <= 1.0
    assert f1["sections_n"] == 2

    fibers_n = rows(out, "reader_values", variable="fibers_n", slide_id="engrafted")
    # One less and one more.
    assert len({row["value"] for row in fibers_n}) == 1
    donors_n = rows(out, "reader_values", variable="donor_nuclei_n", slide_id="engrafted")
    assert {row["reader"]: row["value"] for row in donors_n}["ben"] == ben.sections["donor_nuclei_n"][0]
    assert [row["is_blinded"] for row in donors_n] == [True, False, None]
    page = (out / "agreement.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "anna, ben, machine; 2 slides" in page
    record = json.loads((out / "agreement.json").read_text(encoding="utf-8"))
    assert record["slides"]["engrafted"]["readings"]["ben"]["is_blinded"] is False
    assert record["slides"]["engrafted"]["readings"]["anna"]["last_hash"] == anna.last_hash


def test_the_same_whatever_the_order_of_results_and_wherever_copies_lie(runs, tmp_path):
    """Ben has read a copy of the result on his own computer."""
    names = ("--readers", "anna", "ben")
    assert run(runs, "--out", tmp_path / "one", *names) == 0
    hers, his = (shutil.copytree(runs, tmp_path / who) for who in ("hers", "his"))
    for name in ("engrafted", "negative_control"):
        ResultLayout(hers / name).reading("ben").unlink()
        ResultLayout(his / name).reading("anna").unlink()
    turned = (his / "negative_control", hers, his / "engrafted")
    assert run(*turned, "--out", tmp_path / "two", *names) == 0
    for name in ("agreement", "reader_values", "disagreements"):
        for extension in ("csv", "parquet"):
            one, two = (tmp_path / part / f"{name}.{extension}" for part in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()


def test_what_a_reader_said_is_read_and_nothing_written(runs):
    assert readers_of(runs / "engrafted") == ("anna", "ben")
    machine, anna = load_machine(runs / "engrafted"), load_reading(runs / "engrafted", "anna")
    assert (machine.is_machine, machine.last_hash, anna.is_blinded, len(anna.last_hash)) == (
        True,
        None,
        True,
        64,
    )
    row = int(np.flatnonzero(anna.fibers["fiber_id"] == 8)[0])
    objects = anna.objects(Target.FIBER)
    region = objects.region(row)
    assert (objects.mask(row, region) == (machine.outlines(Target.FIBER, region) == 8)).all()
    pixels = Pixels.from_mask(objects.mask(row, region), y0=region.y0, x0=region.x0)
    assert pixels.box == region
    assert anna.audited_ids == frozenset()


def test_the_audit_of_both_stands_for_all_nuclei(sample_run, tmp_path):
    result = shutil.copytree(sample_run.out / "engrafted", tmp_path / "engrafted")
    for name in ("anna", "Dr. Bén/2"):
        with open_review(result, name, setup=ReadingSetup(is_blinded=False)) as review:
            for number in review.audit_ids[:60]:
                review.accept(Target.NUCLEUS, number, is_audit=True)
            review.accept(Target.NUCLEUS, 1)
            first = set(review.audit_ids[:60])
    assert load_reading(result, "anna").audited_ids == first - {1}
    assert run(result, "--readers", "anna", "Dr. Bén/2", "--out", tmp_path / "out") == 0
    cells = rows(tmp_path / "out", "agreement", sample="audit", variable="origin", statistic="calls_n")
    called_n = read_table(ResultLayout(result).table("sections")).rows()[0]["nuclei_called_n"]
    assert sum(row["value"] for row in cells) == pytest.approx(called_n)


def changed_identity(out):
    record = read_provenance(ResultLayout(out / "again" / "engrafted").provenance)
    write_provenance(
        record.model_copy(update={"settings": {}}), ResultLayout(out / "again" / "engrafted").provenance
    )


def no_setup(out):
    ResultLayout(out / "engrafted").reading_setup("ben").unlink()


def empty_readings(out):
    for name in ("engrafted", "negative_control"):
        for reader in ("anna", "ben"):
            ResultLayout(out / name).reading(reader).write_text("", encoding="utf-8")


def edited_by_hand(out):
    path = ResultLayout(out / "engrafted").reading("ben")
    path.write_text(path.read_text(encoding="utf-8").replace('"host"', '"donor"', 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("readers", "change", "code", "said"),
    [
        (("anna",), None, 2, "agreement is of at least two readers"),
        ((), None, 2, "agreement is of at least two readers"),
        (("anna", "anna"), None, 2, "anna is named twice"),
        (("anna", "machine"), None, 2, "say --with-machine"),
        (("anna,ben",), None, 2, "a reader's name has no comma"),
        (("anna", "cleo"), None, 1, "cleo has not read slide engrafted. Give results that all of these"),
        (("anna", "ben"), changed_identity, 1, "are not of one run"),
        (("anna", "ben"), None, 1, "there are two readings of slide engrafted by anna"),
        (("anna", "ben"), no_setup, 1, "how this reading was set up cannot be read"),
        (("anna", "ben"), empty_readings, 1, "no fiber and no nucleus was read by two of them"),
        (("anna", "ben"), edited_by_hand, 1, "readings/ben.jsonl"),
    ],
)
def test_bad_input_is_a_sentence(runs, tmp_path, capsys, readers, change, code, said):
    copy = shutil.copytree(runs, tmp_path / "runs")
    if ("two" in said and "readings" in said) or change is changed_identity:
        shutil.copytree(runs, copy / "again")
    if change is not None:
        change(copy)
    given = [copy, copy / "again"] if (copy / "again").is_dir() else [copy]
    assert run(*given, "--out", tmp_path / "out", "--readers", *readers) == code
    told = capsys.readouterr()
    assert said in told.err
    assert not (tmp_path / "out").exists()
    assert told.out == ""


def test_names_go_up_to_the_next_option(runs, tmp_path):
    assert run("--readers", "anna", "ben", "--out", tmp_path / "one", runs / "engrafted") == 0
    assert run(runs / "engrafted", "--readers", "anna", "--readers", "ben", "--out", tmp_path / "two") == 0
    assert run(runs / "engrafted", "--readers=anna", "--readers=ben", "--out", tmp_path / "three") == 0
    assert len({(tmp_path / name / "agreement.csv").read_bytes() for name in ("one", "two", "three")}) == 1
