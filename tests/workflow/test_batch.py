"""Every input gets a name, a row and a log of its own; what earlier calls left is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.errors import InputError
from myograft.execute import Shard
from myograft.model.result_layout import OutputLayout
from myograft.workflow.batch import plain_name, slide_ids
from myograft.workflow.events import Noted, SlideDone, SlideFailed, SlideStarted, StageProgress
from myograft.workflow.slide_log import SlideLogs, log_of
from myograft.workflow.summary import NamedInput, Summary, merged, row_without
from myograft.write import read_table

NAMES = st.sampled_from(["a.tif", "A.tif", "a-2.tif", "a.ome.tif", "b.zarr", "a-3.ome.zarr"])


@given(st.lists(NAMES, max_size=8))
def test_names_are_unique_even_without_case(names):
    ids = slide_ids([Path(f"folder{position}") / name for position, name in enumerate(names)])
    assert len({name.lower() for name in ids}) == len(ids)


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_a_name_without_collision_is_kept(names):
    paths = [Path(f"folder{position}") / name for position, name in enumerate(names)]
    plain = [plain_name(path) for path in paths]
    for given_name, unique in zip(plain, slide_ids(paths), strict=True):
        if [name.lower() for name in plain].count(given_name.lower()) == 1:
            assert unique == given_name


def test_the_same_input_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="named twice"):
        slide_ids([tmp_path / "a.tif", tmp_path / "." / "a.tif"])


def test_a_trailing_slash_is_no_name():
    assert plain_name(Path("slides/biopsy.ome.zarr/")) == "biopsy"


A, B = NamedInput("a", Path("a.tif")), NamedInput("b", Path("b.tif"))


def done(slide_id, path=None, status="done"):
    return {"slide_id": slide_id, "input_path": path or f"{slide_id}.tif", "status": status}


def told(rows):
    return [(row["slide_id"], row["status"], row["is_earlier"]) for row in rows]


def always(row):
    return True


def test_every_input_has_a_row_in_its_order_also_before_its_turn():
    rows = merged([A, B], {1: done("b")}, [], always)
    assert told(rows) == [("a", "incomplete", False), ("b", "done", False)]
    assert "not measured yet" in rows[0]["reason"]


def test_rows_of_earlier_calls_are_kept_and_marked():
    earlier = [done("x"), done("b", status="failed"), done("y", status="failed")]
    rows = merged([A, B], {0: done("a"), 1: done("b")}, earlier, always)
    assert told(rows) == [
        ("a", "done", False),
        ("b", "done", False),
        ("x", "done", True),
        ("y", "failed", True),
    ]
    # Before its turn comes, an input has the row of the time before.
    rows = merged([A, B], {}, [done("b")], always)
    assert told(rows) == [("a", "incomplete", False), ("b", "done", True)]


def test_rows_go_with_what_they_speak_of():
    earlier = [done("x"), done("y", status="failed")]
    assert told(merged([A], {0: done("a")}, earlier, lambda row: row["slide_id"] == "y")) == [
        ("a", "done", False),
        ("y", "failed", True),
    ]


def test_a_result_of_another_input_of_that_name_is_not_forgotten():
    of_another = done("a", "elsewhere/a.tif")
    refused = row_without(A, "failed", "a result from another input is there")
    assert told(merged([A], {0: refused}, [of_another], always)) == [
        ("a", "failed", False),
        ("a", "done", True),
    ]
    assert told(merged([A], {0: done("a")}, [of_another], always)) == [("a", "done", False)]


def test_calls_into_one_folder_add_up(tmp_path):
    output = OutputLayout(tmp_path)
    for named in (A, B):
        output.slide(named.slide_id).root.mkdir()
        output.slide(named.slide_id).provenance.touch()
        summary = Summary(output, [named])
        summary.add(0, done(named.slide_id))
        summary.write()
    assert told(read_table(output.slides()).rows()) == [("b", "done", False), ("a", "done", True)]
    output.slide("a").provenance.unlink()
    summary.write()
    assert told(read_table(output.slides()).rows()) == [("b", "done", False)]


def test_a_log_grows_over_runs_and_moves_into_the_result(tmp_path):
    output = OutputLayout(tmp_path)
    loose, kept = output.log("a"), output.slide("a").log()
    first = SlideLogs(output, Shard())
    for event in (
        SlideStarted("a", "a.tif"),
        *(StageProgress("a", "survey", done_n, 9) for done_n in range(10)),
        SlideFailed("a", "the disk is full.\nFree some"),
    ):
        first(event)
    lines = loose.read_text("utf-8").splitlines()
    assert [line.split("Z ", 1)[1] for line in lines[1:]] == [
        "survey: 0 of 9",
        "survey: 9 of 9",
        "failed: the disk is full. Free some",
    ]
    assert all(line[:2] == "20" and line[10] == "T" and line[19] == "Z" for line in lines)
    assert log_of(output, "a", "") == "a.log"
    second = SlideLogs(output, Shard())
    second(SlideStarted("a", "a.tif"))
    second(Noted("a", "the pixel size is given"))
    kept.parent.mkdir()
    second(SlideDone("a", str(kept.parent), "12 fibers", is_reused=False))
    assert not loose.exists()
    text = kept.read_text("utf-8")
    assert text.startswith("\n".join(lines))
    assert "note: the pixel size is given" in text
    assert text.endswith("done: 12 fibers\n")
    assert log_of(output, "a", "") == "a/run.log"


def test_a_result_that_is_used_again_leaves_no_trace(tmp_path):
    output, logs = OutputLayout(tmp_path), SlideLogs(OutputLayout(tmp_path), Shard())
    output.slide("a").root.mkdir()
    logs(SlideStarted("a", "a.tif"))
    logs(SlideDone("a", str(output.slide("a").root), "12 fibers", is_reused=True))
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]


def test_shards_have_logs_of_their_own(tmp_path):
    output = OutputLayout(tmp_path)
    for number in (1, 2):
        SlideLogs(output, Shard(number, 2))(StageProgress("a", "survey", 0, 9))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.1of2.log", "a.2of2.log"]
