"""Examples: what a network is shown and what it should answer, kept small on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from myograft.model.arrays import Array, Image, Labels
from myograft.numerics.flows import flows_of_labels
from myograft.train.plane_edge import OUTSIDE

#: Range of normalized images that survives storage in 8 bits; 0 is kept for what lies beyond the plane.
_LOW, _HIGH = -0.25, 1.75

#: Flow of an object that the border of the scene cuts: its middle is not known, nothing is learned from it.
UNKNOWN = -128


@dataclass(frozen=True)
class Example:
    """A scene as stored.

    Parameters
    ----------
    images
        Paintings of the scene, shape (N, H, W), uint8.
    flows
        Shape (2, H, W), int8: hundredths, `UNKNOWN` in objects that the border cuts.
    is_object
        Shape (H, W).
    """

    images: Array
    flows: Array
    is_object: Array


def encode_image(image: Image) -> Array:
    """Return a normalized image in 8 bits."""
    scaled = (image - _LOW) * (254.0 / (_HIGH - _LOW)) + 1.0
    return np.where(image == OUTSIDE, 0, np.clip(np.round(scaled), 1, 255)).astype(np.uint8)


def decode_image(stored: Array) -> Image:
    """Return a stored image as normalized values."""
    scaled = (stored.astype(np.float32) - np.float32(1.0)) * np.float32((_HIGH - _LOW) / 254.0)
    return np.where(stored > 0, scaled + np.float32(_LOW), np.float32(OUTSIDE))


def example_of(images: Sequence[Image], labels: Labels) -> Example:
    """Return images and their labels as an example.

    Parameters
    ----------
    images
        Normalized images of one scene, shape (H, W) each.
    labels
        Its objects.
    """
    flows = np.round(100.0 * flows_of_labels(labels)).astype(np.int8)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    flows[:, np.isin(labels, border[border > 0])] = UNKNOWN
    return Example(np.stack([encode_image(image) for image in images]), flows, labels > 0)


def save_example(folder: Path, number: int, example: Example) -> None:
    """Write an example into a folder."""
    stem = folder / f"{number:06d}"
    np.save(f"{stem}_images.npy", example.images)
    np.save(f"{stem}_objects.npy", example.is_object)
    # Last, and by a name of its own until it is written: where it is, the example is whole.
    np.save(f"{stem}_draft.npy", example.flows)
    Path(f"{stem}_draft.npy").replace(f"{stem}_flows.npy")


def load_examples(folder: Path, count: int) -> list[Example]:
    """Return the first examples of a folder, by number, and no others; pixels are read when looked at."""
    return [
        Example(
            *(
                np.load(folder / f"{number:06d}_{part}.npy", mmap_mode="r")
                for part in ("images", "flows", "objects")
            )
        )
        for number in range(count)
    ]


def make_examples(
    make: Callable[[int], Example],
    folder: Path,
    count: int,
    workers_n: int,
    progress: Callable[[int, int], None],
) -> None:
    """Make examples that are not there yet, several at a time.

    Parameters
    ----------
    make
        Picklable; returns the example of a number, always the same one.
    folder
        Where they are kept.
    count
        How many there shall be.
    workers_n
        Processes.
    progress
        Called with how many are done and how many there will be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [n for n in range(count) if not (folder / f"{n:06d}_flows.npy").exists()]
    if not missing:
        return
    with ProcessPoolExecutor(workers_n, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_make_and_save, make, folder, number) for number in missing]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            progress(count - len(missing) + done, count)


def _make_and_save(make: Callable[[int], Example], folder: Path, number: int) -> None:
    save_example(folder, number, make(number))
