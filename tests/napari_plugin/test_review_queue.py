"""What to read first, and why: order, filters, the random audit, blinded readings; without a screen."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pytest

from myograft.api import ReadingSetup, open_review
from myograft.errors import ConfigError
from myograft.model.biology import ExclusionReason, Origin
from myograft.model.correction import Target
from napari_myograft.keys import Action, default_keys, load_keys
from napari_myograft.queue_columns import WHY
from napari_myograft.queue_reasons import Reason, reasons_of
from napari_myograft.review_queue import Filters, ReviewQueue
from napari_myograft.session import ReviewSession


@pytest.fixture
def folder(result_folder, tmp_path):
    return shutil.copytree(result_folder, tmp_path / "slide")


@pytest.fixture
def review(folder):
    with open_review(folder, "ann") as opened:
        yield opened


def items(queue):
    return [queue.item(int(row)) for row in queue.shown]


def test_donor_calls_come_first_then_what_stands_out_then_the_random_sample(review):
    found = items(ReviewQueue(review))
    order = [list(Reason).index(item.reason) for item in found]
    assert order == sorted(order)
    nuclei = review.nuclei
    is_donor = (nuclei["origin"] == "donor").filled(fill_value=False)
    donors = set(nuclei["nucleus_id"].filled()[is_donor].tolist())
    assert {item.object_id for item in found if item.reason is Reason.DONOR} == donors
    sample = [item.object_id for item in found if item.reason is Reason.AUDIT]
    listed = {item.object_id for item in found if item.target is Target.NUCLEUS} - set(sample)
    assert sample == [number for number in review.audit_ids if number not in listed]
    assert all(item.words and item.is_open for item in found)


def test_what_ends_at_a_seam_is_read(review):
    seams = review.finished.seams
    assert not seams["ends_at_seam"].any()  # the sample is one tile
    target, number = Target.FIBER, int(review.fibers["fiber_id"].filled()[3])
    ends = (seams["object"].filled() == "fiber") & (seams["object_id"].filled() == number)
    found = reasons_of(target, review.finished.tables[target], (), seams.replace(ends_at_seam=ends))
    held = found.holds[list(Reason).index(Reason.SEAM)]
    assert review.finished.tables[target]["fiber_id"].filled()[held].tolist() == [number]


def test_filters_and_sorting_leave_what_they_say(review):
    queue = ReviewQueue(review)
    queue.set_filters(Filters(target=Target.FIBER))
    assert {item.target for item in items(queue)} <= {Target.FIBER}
    queue.set_filters(Filters(origin="donor"))
    assert {item.reason for item in items(queue)} == {Reason.DONOR}
    queue.set_filters(Filters(is_open=False))
    assert items(queue) == []
    queue.set_filters(Filters())
    everything = set(queue.shown.tolist())
    queue.sort(WHY, is_descending=True)
    assert set(queue.shown.tolist()) == everything
    order = [list(Reason).index(item.reason) for item in items(queue)]
    assert order == sorted(order, reverse=True)


def test_reading_goes_on_to_the_next_open_object_and_counts(review):
    session = ReviewSession(review, queue := ReviewQueue(review))
    told = []
    session.listen(on_say=told.append)
    session.accept()
    assert "nothing to accept" in told[-1]
    session.next()
    seen = []
    for _ in range(4):
        seen.append(session.current)
        session.accept()
    assert len(set(seen)) == 4
    assert queue.progress[0] == 4
    assert len(review.entries) == 4
    session.undo()
    assert session.current == seen[-1]
    assert queue.progress[0] == 3
    following = queue.item(queue.next_open(queue.row_of(*seen[-1])))
    session.previous()
    assert session.current == (following.target, following.object_id)


def test_only_what_was_drawn_is_read_as_a_part_of_the_sample(review):
    session = ReviewSession(review, queue := ReviewQueue(review))
    queue.set_filters(Filters(reasons=frozenset({Reason.AUDIT})))
    session.next()
    session.call_host()
    assert review.entries[-1].is_audit
    donor = next(item for item in items_of_all(review) if item.reason is Reason.DONOR)
    session.go_to(Target.NUCLEUS, donor.object_id)
    session.call_host()
    assert not review.entries[-1].is_audit


def items_of_all(review):
    return items(ReviewQueue(review))


def test_what_is_refused_is_said_and_nothing_changes(review):
    session = ReviewSession(review, ReviewQueue(review))
    told = []
    session.listen(on_say=told.append)
    session.go_to(Target.FIBER, 9999)
    assert "no fiber 9999" in told[-1]
    session.go_to(Target.FIBER, 4)
    session.call_donor()
    assert "Only a nucleus" in told[-1]
    session.split_current(((0.0, 0.0), (1.0, 1.0)))
    assert told[-1]
    session.exclude(((0, 0), (1, 1)), ExclusionReason.FOLD)
    assert "three corners" in told[-1]
    assert not session.sign_off("  ")
    assert review.entries == ()


def test_two_blinded_readers_see_the_same_order_and_no_call(folder):
    setup = ReadingSetup(seed=5, subset_fraction=0.4)
    orders = []
    for reader in ("ann", "ben"):
        with open_review(folder, reader, setup=setup) as review:
            queue = ReviewQueue(review)
            orders.append([item.object_id for item in items(queue)])
            nuclei = review.nuclei
            assert len(orders[-1]) == pytest.approx(0.4 * len(nuclei), abs=1)
            shown = " ".join(queue.cell(int(row), column) for row in queue.shown for column in queue.columns)
            words = " ".join(item.words for item in items(queue)).lower()
            for word in ("donor", "host", "threshold", "fiber", "central", "engrafted"):
                assert word not in words
                assert word not in shown.lower()
            session = ReviewSession(review, queue)
            session.next()
            session.call_donor()
            assert review.entries[-1].correction.after is Origin.DONOR
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])


@pytest.fixture
def large(review, monkeypatch):
    """A review of 100,000 nuclei and more: the sample's, many times."""
    times_n = 100_000 // len(review.nuclei) + 1

    def many(table, key):
        rows_n = len(table)
        repeated = table.select(np.tile(np.arange(rows_n), times_n))
        step = int(table[key].filled().max())
        return repeated.replace(**{key: repeated[key] + np.repeat(np.arange(times_n), rows_n) * step})

    nuclei, fibers = many(review.nuclei, "nucleus_id"), many(review.fibers, "fiber_id")
    monkeypatch.setattr(type(review), "nuclei", nuclei)
    monkeypatch.setattr(type(review), "fibers", fibers)
    review.finished.tables.update({Target.FIBER: fibers, Target.NUCLEUS: nuclei})
    return review


def test_a_queue_of_a_hundred_thousand_is_quick(large):
    """Generous bounds: what they hold off is work per row in Python."""
    begun = time.perf_counter()
    queue = ReviewQueue(large)
    built_s = time.perf_counter() - begun
    assert len(queue.shown) > 1000
    begun = time.perf_counter()
    for _ in range(20):
        queue.next_open(int(queue.shown[50]))
    step_s = (time.perf_counter() - begun) / 20
    n = len(large.nuclei) + len(large.fibers)
    print(f"\nqueue of {n:,} objects: {built_s:.2f} s, next {1000 * step_s:.2f} ms")
    assert built_s < 10
    assert step_s < 0.1


@pytest.mark.gui
def test_a_table_of_a_hundred_thousand_rows_is_quick(large, qtbot):
    """Shown, sorted, refreshed as after an edit, gone to the end: no step may work per row in Python."""
    from napari_myograft.queue_panel import QueuePanel

    panel = QueuePanel(queue := ReviewQueue(large), lambda row: None)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    qtbot.waitExposed(panel)
    panel.filters["reasons"].setCurrentIndex(panel.filters["reasons"].findText("Every object"))
    assert panel.model.rowCount() > 100_000
    last = queue.item(int(queue.shown[-1]))
    times = {}
    for name, step in {
        "refresh": lambda: panel.refresh((last.target, last.object_id)),
        "draw": panel.table.viewport().repaint,
        "sort": lambda: panel.model.sort(queue.columns.index(WHY)),
        "top": lambda: panel.table.scrollTo(panel.model.index(0, 0)),
        "a cell": lambda: panel.model.data(panel.model.index(99_999, 0)),
    }.items():
        begun = time.perf_counter()
        step()
        times[name] = time.perf_counter() - begun
    print("\n" + ", ".join(f"{name} {1000 * taken:.1f} ms" for name, taken in times.items()))
    assert times["a cell"] < 0.05
    assert max(times.values()) < 2.0


def test_keys_are_changed_by_a_file_and_its_mistakes_named(tmp_path):
    path = tmp_path / "keys.yaml"
    assert load_keys(path) == default_keys()
    path.write_text("donor: F\ndelete: [X, Backspace]\nsplit: []\n")
    keys = load_keys(path)
    assert keys[Action.DONOR] == ("F",)
    assert keys[Action.SPLIT] == ()
    for text, told in (
        ("donor: H\n", "H"),
        ("donr: F\n", "donr"),
        ("donor: Hyper+Q\n", "Hyper"),
        ("- a\n", "keys.yaml"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=told) as refused:
            load_keys(path)
        assert "keys.yaml" in refused.value.sentence
    taken = [key for keys in default_keys().values() for key in keys]
    assert len(set(taken)) == len(taken)
