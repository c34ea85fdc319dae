"""Journal and re-measurement from the command line."""

from __future__ import annotations

import json
import shutil

import pytest

from myograft.api import BatchRequest, load_settings, open_review, run_batch, sample_paths
from myograft.model.biology import ExclusionReason, Location, Origin, Position
from myograft.model.correction import Pixels, Target


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    slide = next(path for path in sample_paths() if path.name == "engrafted.ome.tif")
    assert (
        run_batch(BatchRequest((slide,), out, load_settings("laminin_dapi_lamin_ac"), workers_n=1)).failed_n
        == 0
    )
    return out / "engrafted"


@pytest.fixture
def result(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "engrafted")


def correct_all_kinds(result):
    with open_review(result, "Anna Weiß") as review:
        fibers = review.fibers["fiber_id"].filled().tolist()
        inside = (review.nuclei["location"] == "in_fiber").filled(fill_value=False)
        inside &= (review.nuclei["origin"] == "host").filled(fill_value=False)
        inside &= review.nuclei["fiber_id"].filled(0) > fibers[8]
        nucleus = int(review.nuclei["nucleus_id"].filled()[inside][0])
        review.delete(Target.FIBER, fibers[0])
        review.merge(Target.FIBER, fibers[1:3])
        box = review.box_of(Target.FIBER, fibers[5])
        middle = (box.x0 + box.x1) / 2
        review.split(Target.FIBER, fibers[5], ((box.y0 - 1, middle), (box.y1 + 1, middle)))
        review.add(Target.NUCLEUS, Pixels(runs=((4, 4, 12), (5, 4, 12))))
        review.reshape(Target.NUCLEUS, nucleus, review._state.replay.nuclei.pixels_of(nucleus))
        review.set_origin(nucleus, None, why="too faint", is_audit=True)
        review.set_position(nucleus, Position.CENTRAL)
        review.set_location(nucleus, Location.INTERSTITIAL, None)
        review.exclude(((0, 0), (0, 9), (9, 9)), ExclusionReason.TORN)
        review.include(((0, 0), (0, 9), (9, 9)))
        review.accept(Target.FIBER, fibers[7])
        review.reject(Target.FIBER, fibers[8], ExclusionReason.OBLIQUE)
        review.undo()
        review.redo()
        review.undo()
        review.sign_off("reviewed")
        return review.entries


def test_every_kind_of_correction_is_told_in_words(result, myograft):
    entries = correct_all_kinds(result)
    told = myograft("journal", result)
    assert told.code == 0
    lines = told.out.splitlines()
    assert len(lines) == len(entries) + 2  # who signed, and the hash of the last
    for place, words in enumerate(
        ["deleted fiber", "merged fiber", "split fiber", "drew nucleus", "reshaped nucleus", "open (was host)",
         "central (was", "interstitial (was in_fiber of fiber ", "excluded an area of 3 corners: torn",
         "included an area", "accepted fiber", "rejected fiber", "undid 12", "redid 12", "undid 12", "signed: reviewed"]
    ):  # fmt: skip
        assert f"Anna Weiß: {words}" in lines[place] or words in lines[place]
    assert "(too faint) [audit]" in lines[5]
    assert lines[11].endswith("[undone]")
    assert entries[-1].hash in lines[-1]
    as_json = myograft("journal", result, "--json").out.splitlines()
    assert [json.loads(line)["hash"] for line in as_json] == [entry.hash for entry in entries]


def test_lines_cut_from_the_end_are_noticed_against_a_hash_kept_elsewhere(result, myograft):
    entries = correct_all_kinds(result)
    path = result / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    assert myograft("journal", result).code == 0
    told = myograft("journal", result, "--expect-hash", entries[-1].hash)
    assert told.code == 1
    assert "lines were cut from its end" in told.err


def test_a_changed_line_is_told_with_its_number(result, myograft):
    correct_all_kinds(result)
    path = result / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"too faint", b"too fat  "))
    for command in ("journal", "remeasure"):
        told = myograft(command, result)
        assert told.code == 1
        assert "line 6 of the journal is broken" in told.err


def test_a_reader_without_a_reading_is_told(result, myograft):
    told = myograft("journal", result, "--reader", "ben")
    assert told.code == 1
    assert "nobody has" in told.err


def test_remeasuring_makes_the_reviewed_tables_anew(result, myograft):
    assert "no correction stands" in myograft("remeasure", result, "--workers", "1").out
    correct_all_kinds(result)
    before = {path.name: path.read_bytes() for path in (result / "tables" / "reviewed").iterdir()}
    shutil.rmtree(result / "tables" / "reviewed")
    told = myograft("remeasure", result, "--workers", "1")
    assert told.code == 0
    assert "% edited; tables/reviewed" in told.out
    assert {path.name: path.read_bytes() for path in (result / "tables" / "reviewed").iterdir()} == before


def test_of_several_results_one_that_fails_does_not_stop_the_others(result, tmp_path, myograft):
    told = myograft("remeasure", tmp_path / "nothing", result, "--workers", "1")
    assert told.code == 3
    assert "nothing" in told.err


def test_two_readers_correct_one_after_the_other_and_a_region_is_called_donor(result):
    with open_review(result, "anna") as review:
        number = int(review.nuclei["nucleus_id"].filled()[0])
        review.set_origin(number, Origin.DONOR)
    with open_review(result, "ben") as review:
        review.set_origin(number, Origin.HOST)
        assert [entry.author for entry in review.entries] == ["anna", "ben"]
        assert review.entries[1].correction.before is Origin.DONOR
