"""How many slides run at once: every slide once, never more workers or memory than there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from myograft.execute import SlideNeed, plan_waves

SMALL, MIDDLE, HUGE = (SlideNeed(tiles_n, 900.0, 500.0, 700.0) for tiles_n in (4, 40, 4000))
PLENTY = 1e6


def test_many_small_slides_get_a_worker_each():
    [wave] = plan_waves([SMALL] * 300, 8, PLENTY)
    assert (wave.lanes_n, wave.workers_n) == (8, 1)
    assert wave.places == tuple(range(300))


def test_a_huge_slide_gets_all_workers():
    for count in (1, 5):
        [wave] = plan_waves([HUGE] * count, 8, PLENTY)
        assert (wave.lanes_n, wave.workers_n) == (1, 8)


def test_few_small_slides_share_the_workers():
    [wave] = plan_waves([SMALL] * 2, 8, PLENTY)
    assert (wave.lanes_n, wave.workers_n) == (2, 4)


def test_slides_of_other_sizes_run_apart_and_the_largest_first():
    waves = plan_waves([SMALL, HUGE, SMALL, MIDDLE, MIDDLE], 8, PLENTY)
    assert [(wave.places, wave.lanes_n, wave.workers_n) for wave in waves] == [
        ((1,), 1, 8),
        ((3, 4), 2, 4),
        ((0, 2), 2, 4),
    ]


def test_memory_limits_the_slides_at_once():
    def parts(available_mib, workers_n=8):
        [wave] = plan_waves([SMALL] * 20, workers_n, available_mib)
        return wave.lanes_n, wave.workers_n

    assert parts(8 * 900) == (8, 1)
    assert parts(8 * 900 - 1) == (7, 1)
    assert parts(3 * 900) == (3, 1)
    assert parts(100) == (1, 8)  # whether it fits is another's question
    # The most demanding one of a wave decides.
    [wave] = plan_waves([SMALL] * 20 + [SlideNeed(2, 20_000.0, 500.0, 20_000.0)], 8, 30_000)
    assert wave.lanes_n == 1


needs = st.builds(SlideNeed, st.integers(1, 10_000), *[st.floats(1, 5_000)] * 3)


@given(st.lists(needs, min_size=1, max_size=40), st.integers(1, 64), st.floats(1, 1e6))
def test_every_slide_once_and_never_too_much(slides, workers_n, available_mib):
    waves = plan_waves(slides, workers_n, available_mib)
    assert sorted(place for wave in waves for place in wave.places) == list(range(len(slides)))
    for wave in waves:
        assert 1 <= wave.lanes_n <= len(wave.places)
        assert wave.workers_n >= 1
        assert wave.lanes_n * wave.workers_n <= workers_n
        assert list(wave.places) == sorted(wave.places)
        most_mib = max(slides[place].mib(wave.workers_n) for place in wave.places)
        assert wave.lanes_n == 1 or wave.lanes_n * most_mib <= available_mib
