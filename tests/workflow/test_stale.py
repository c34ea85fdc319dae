"""A result that something else is asked of: what still holds is taken over, the rest equals a run from nothing."""

from __future__ import annotations

import shutil

import pytest

from myograft.api import BatchRequest, load_settings, run_batch
from myograft.model.result_layout import OutputLayout
from myograft.workflow.events import Noted, StageProgress
from myograft.write import read_provenance

REGION = (0, 0, 640, 640)

#: What may be asked otherwise, and what of the standing result holds then.
CASES = {
    "threshold": (("assign.origin.method=fixed", "assign.origin.fixed_threshold=9"), {"fibers", "nuclei"}),
    "measure": (("measure.section_thickness_um=10",), {"fibers", "nuclei"}),
    "nuclei": (("segment.nuclei.min_area_um2=12",), {"fibers"}),
    "fibers": (("segment.fibers.boundary_offset_um=1",), {"nuclei"}),
    "tissue": (("prepare.tissue_smoothing_um=50",), set()),
    "tiles": (("tiling.tile_px=1024",), set()),
}


def run(path, out, *settings, preset="laminin_dapi_lamin_ac", **given):
    events = []
    wanted = load_settings(preset, ["tiling.tile_px=512", *settings])
    given = {"region": REGION, **given}
    outcome = run_batch(BatchRequest(inputs=(path,), out=out, settings=wanted, **given), events.append)
    return outcome, events


def outlined(events):
    """Return the kinds of objects that were outlined, not taken over."""
    stages = {event.stage for event in events if isinstance(event, StageProgress)}
    return {name for name in ("fibers", "nuclei") if f"outline {name}" in stages}


def content(out, name="engrafted"):
    layout = OutputLayout(out).slide(name)
    parts = [*(layout.root / "tables" / "machine").iterdir(), *layout.image.rglob("*")]
    return {part.relative_to(layout.root).as_posix(): part.read_bytes() for part in parts if part.is_file()}


@pytest.fixture(scope="module")
def standing(engrafted_path, tmp_path_factory):
    out = tmp_path_factory.mktemp("standing")
    run(engrafted_path, out)
    return out


@pytest.fixture
def stale(standing, tmp_path):
    """A copy of the standing result."""
    shutil.copytree(standing, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize("case", CASES)
def test_only_what_changed_is_done_anew_and_the_result_is_that_of_a_run_from_nothing(
    stale, engrafted_path, tmp_path, case
):
    settings, holds = CASES[case]
    outcome, events = run(engrafted_path, stale, *settings)
    assert outcome.done_n == 1
    assert outlined(events) == {"fibers", "nuclei"} - holds
    [told] = [event.message for event in events if isinstance(event, Noted) and "stale" in event.message]
    assert settings[0].split("=")[0] in told
    run(engrafted_path, tmp_path / "new", *settings)
    assert content(stale) == content(tmp_path / "new")
    records = [
        read_provenance(OutputLayout(out).slide("engrafted").provenance) for out in (stale, tmp_path / "new")
    ]
    assert records[0].identity == records[1].identity
    assert records[0].warnings == records[1].warnings
    assert records[0].outline_notes == records[1].outline_notes


def test_the_copy_of_the_pixels_is_shared_until_the_old_result_goes(standing, stale, engrafted_path):
    finest = OutputLayout(stale).slide("engrafted").image / "0" / "c"
    chunk = next(path for path in finest.rglob("*") if path.is_file())
    before = chunk.stat().st_ino
    _, events = run(engrafted_path, stale, *CASES["measure"][0])
    assert not any(isinstance(event, StageProgress) and event.stage == "copy image" for event in events)
    assert chunk.stat().st_ino == before
    assert chunk.stat().st_nlink == 1


def test_a_stale_result_that_was_taken_over_stands_until_the_new_one_does(stale, engrafted_path, standing):
    class KilledError(BaseException):
        pass

    def end(event):
        if isinstance(event, StageProgress) and event.stage == "measure nuclei" and event.done_n:
            raise KilledError

    settings = CASES["threshold"][0]
    wanted = load_settings("laminin_dapi_lamin_ac", ["tiling.tile_px=512", *settings])
    request = BatchRequest(inputs=(engrafted_path,), out=stale, settings=wanted, region=REGION)
    with pytest.raises(KilledError):
        run_batch(request, end)
    assert content(stale) == content(standing)
    outcome, events = run(engrafted_path, stale, *settings)
    assert outcome.done_n == 1
    assert any(isinstance(event, Noted) and "goes on where it ended" in event.message for event in events)
    assert not outlined(events)


def test_another_file_in_place_of_the_old_one_is_measured_anew(stale, engrafted_path, tmp_path):
    path = tmp_path / engrafted_path.name
    path.write_bytes(engrafted_path.read_bytes() + b"another file")  # TIFF ends where its offsets say
    _, events = run(path, stale)
    assert outlined(events) == {"fibers", "nuclei"}
    assert any("input_sha256" in event.message for event in events if isinstance(event, Noted))


def test_a_stale_result_with_corrections_is_never_replaced(stale, engrafted_path):
    journal = OutputLayout(stale).slide("engrafted").journal
    journal.write_text("{}\n", encoding="utf-8")
    before = content(stale)
    outcome, _ = run(engrafted_path, stale, *CASES["threshold"][0])
    assert outcome.failed_n == 1
    said = outcome.slides_table.read_text(encoding="utf-8")
    assert "holds corrections by people (journal.jsonl)" in said
    assert "myograft reattach OLD NEW" in said
    assert content(stale) == before


def test_without_a_change_nothing_is_done(stale, engrafted_path):
    _, events = run(engrafted_path, stale)
    assert not any(isinstance(event, StageProgress) for event in events)
