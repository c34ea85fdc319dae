"""The random sample in the queue: all of it, in its own order, and what was read of it counted as it counts."""

from __future__ import annotations

import shutil

import pytest

from myograft.api import open_review
from myograft.model.biology import Origin
from myograft.model.correction import Pixels, Target
from napari_myograft.queue_reasons import Reason
from napari_myograft.review_queue import Filters, ReviewQueue
from napari_myograft.session import ReviewSession
from napari_myograft.summary import summary_lines

SAMPLE = Filters(reasons=frozenset({Reason.AUDIT}))


@pytest.fixture
def review(result_folder, tmp_path):
    with open_review(shutil.copytree(result_folder, tmp_path / "slide"), "ann") as opened:
        yield opened


def audit_line(review):
    return next(line.value for line in summary_lines(review) if line.label == "Random audit")


def test_drawn_nuclei_that_stand_out_are_read_as_the_sample_too(review):
    queue = ReviewQueue(review)
    first = {queue.item(int(row)).object_id: queue.item(int(row)).reason for row in queue.shown}
    queue.set_filters(SAMPLE)
    shown = [queue.item(int(row)) for row in queue.shown]
    assert tuple(item.object_id for item in shown) == review.audit_ids
    assert any(first[item.object_id] is not Reason.AUDIT for item in shown), "some stand out as well"
    assert {item.reason for item in shown} == {Reason.AUDIT}
    assert all(item.words.startswith("drawn at random") for item in shown)
    session = ReviewSession(review, queue)
    session.next()
    for _ in range(len(shown)):
        session.call_host()
    assert len(review.entries) == len(shown)
    assert all(entry.is_audit for entry in review.entries)
    assert audit_line(review) == f"{len(shown)} of {len(shown)} read"
    assert review.estimate["audited_n"] == len(shown)
    queue.set_filters(Filters())
    order = [list(Reason).index(queue.item(int(row)).reason) for row in queue.shown]
    assert order == sorted(order)


def test_drawn_nuclei_that_a_reader_chose_are_not_counted_as_audited(review):
    n = len(review.audit_ids)
    for number in review.audit_ids[:3]:
        review.accept(Target.NUCLEUS, number)
    assert audit_line(review) == f"0 of {n - 3} read; 3 more by choice"
    review.accept(Target.NUCLEUS, review.audit_ids[4], is_audit=True)
    assert audit_line(review) == f"1 of {n - 3} read; 3 more by choice"


def test_what_readers_make_is_shown_and_a_nucleus_open_until_called(review):
    queue = ReviewQueue(review)
    done_n, all_n = queue.progress
    review.add(Target.NUCLEUS, Pixels(runs=((4, 4, 12), (5, 4, 12))))
    drawn = review.entries[-1].correction.made.new_id
    box = review.box_of(Target.FIBER, 20)
    middle = (box.x0 + box.x1) / 2
    was_listed = queue.place_of(queue.row_of(Target.FIBER, 20)) is not None
    review.split(Target.FIBER, 20, ((box.y0 - 1, middle), (box.y1 + 1, middle)))
    parts = [part.new_id for part in review.entries[-1].correction.parts]
    queue.refresh()
    rows = {
        thing: queue.row_of(*thing)
        for thing in ((Target.NUCLEUS, drawn), *((Target.FIBER, part) for part in parts))
    }
    assert {queue.item(row).reason for row in rows.values()} == {Reason.MADE}
    assert set(rows.values()) <= set(queue.shown.tolist()), "shown by the filter that holds at first"
    assert queue.item(rows[Target.NUCLEUS, drawn]).is_open
    assert not any(queue.item(rows[Target.FIBER, part]).is_open for part in parts)
    assert queue.progress == (done_n + len(parts), all_n + 1 + len(parts) - was_listed)
    queue.set_filters(Filters(reasons=frozenset({Reason.MADE})))
    session = ReviewSession(review, queue)
    session.next()
    assert session.current == (Target.NUCLEUS, drawn)
    session.call_donor()
    assert not queue.item(queue.row_of(Target.NUCLEUS, drawn)).is_open
    session.undo()
    assert queue.item(queue.row_of(Target.NUCLEUS, drawn)).is_open
    review.set_origin(drawn, Origin.HOST)
    queue.refresh()
    assert queue.next_open(None) is None
