"""How many slides at once: a pure answer from workers, sizes of slides and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Tiles of a slide that give one worker enough to do: with fewer, more of the time goes into what only one can do.
_TILES_PER_WORKER = 8


@dataclass(frozen=True, slots=True)
class SlideNeed:
    """What a slide asks of a machine.

    Parameters
    ----------
    tiles_n
        Tiles of its plane; at least 1.
    alone_mib
        Memory of the process that runs it where its only worker is a thread of that process.
    main_mib, worker_mib
        Memory of that process, and of each worker, where workers are processes of their own.
    """

    tiles_n: int
    alone_mib: float
    main_mib: float
    worker_mib: float

    def mib(self, workers_n: int) -> float:
        """Return the memory that it takes with so many workers."""
        return self.alone_mib if workers_n == 1 else self.main_mib + workers_n * self.worker_mib


@dataclass(frozen=True, slots=True)
class Wave:
    """Slides of like size, which run together; lanes take one after another until none is left.

    Parameters
    ----------
    places
        Which slides, by their place in the request.
    lanes_n
        Slides at once.
    workers_n
        Workers of each.
    """

    places: tuple[int, ...]
    lanes_n: int
    workers_n: int


def plan_waves(needs: Sequence[SlideNeed], workers_n: int, available_mib: float) -> list[Wave]:
    """Return which slides run beside each other.

    A large slide keeps all workers busy and runs alone; of small ones as many run at once as there are workers, as far
    as memory goes. One slide at a time is always allowed: whether that fits is for the plan of a slide to say.

    Parameters
    ----------
    needs
        One per slide.
    workers_n
        Single-threaded workers in all.
    available_mib
        Memory that may be used.

    Returns
    -------
    list of Wave
        Largest slides first, so that small ones fill the end; the places of a wave are in the order of the request.

    Examples
    --------
    >>> small, huge = SlideNeed(4, 900, 500, 700), SlideNeed(400, 900, 500, 700)
    >>> plan_waves([small] * 3, 3, 64_000)
    [Wave(places=(0, 1, 2), lanes_n=3, workers_n=1)]
    >>> plan_waves([huge], 8, 64_000)
    [Wave(places=(0,), lanes_n=1, workers_n=8)]
    """
    places_of: dict[int, list[int]] = {}
    for place, need in enumerate(needs):
        places_of.setdefault(_useful_workers(need.tiles_n, workers_n), []).append(place)
    waves = []
    for useful_n in sorted(places_of, reverse=True):
        places = places_of[useful_n]
        lanes_n, each_n = _that_fit([needs[place] for place in places], useful_n, workers_n, available_mib)
        waves.append(Wave(tuple(places), lanes_n, each_n))
    return waves


def _useful_workers(tiles_n: int, workers_n: int) -> int:
    """Return how many workers a slide keeps busy: a power of two, so that few waves come out, or all of them."""
    if tiles_n >= workers_n * _TILES_PER_WORKER:
        return workers_n
    useful_n = 1
    while 2 * useful_n * _TILES_PER_WORKER <= tiles_n:
        useful_n *= 2
    return useful_n


def _that_fit(
    needs: Sequence[SlideNeed], useful_n: int, workers_n: int, available_mib: float
) -> tuple[int, int]:
    """Return the lanes, and the workers of each, that keep most workers busy in this memory.

    Each lane may hold the most demanding slide, of which no more than `useful_n` workers are kept busy.
    """
    most_mib = {count: max(need.mib(count) for need in needs) for count in range(1, workers_n + 1)}
    fitting = [
        (lanes_n, each_n)
        for lanes_n in range(2, min(len(needs), workers_n // useful_n) + 1)
        for each_n in range(1, workers_n // lanes_n + 1)
        if lanes_n * most_mib[each_n] <= available_mib
    ]
    if most_mib[workers_n] <= available_mib or not fitting:
        fitting.append((1, workers_n))
    return max(fitting, key=lambda pair: (pair[0] * min(pair[1], useful_n), pair[0] * pair[1]))
