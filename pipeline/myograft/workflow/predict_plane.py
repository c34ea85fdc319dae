"""What a network says of a whole plane: every patch of one fixed grid is looked at once, whatever the tiles are."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from myograft.execute import Engine
from myograft.model.arrays import Array, Image
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.model.network_card import OutlineCalibration
from myograft.model.provenance import NetworkRecord
from myograft.numerics.evidence import EVIDENCE
from myograft.read import cellpose_record, cellpose_weights_path, read_weights, weights_path
from myograft.segment import (
    AnyNetworkSettings,
    EngineName,
    FiberCellposeSettings,
    FiberNetworkSettings,
    FlowNetwork,
    Network,
    NucleusCellposeSettings,
    fiber_method,
    load_cellpose,
    load_network,
    nucleus_method,
)
from myograft.tiling import Tile, WorkingGrid, tile_plane
from myograft.workflow.slide import Slide
from myograft.workflow.survey_plane import Prepared
from myograft.write import read_scratch, write_scratch

#: Units of stored stain in 1: what is brighter than eight times the brightest rims is stored as that.
_STAIN_UNIT = 4096

#: Where a plane has more patches than this, its network is forgotten when it is through: it takes a fourth of a
#: gigabyte in every worker. Loading it again for each of many small slides would take longer than it is worth.
_MANY_PATCHES = 16

#: How often a network is tried to see how fast it is, and on what a large one is tried, once.
_TRIALS_N, _SEEN_PX = 3, 256


@dataclass(frozen=True)
class Predicted:
    """Fields of a plane, one file per patch.

    Parameters
    ----------
    folder
        Where the files lie.
    name
        What they begin with.
    patches
        The grid, in working pixels.
    method
        Knows the fields of a place without tissue, of which there is no file.
    calibration
        How likely the network's outlines are right; None where its card does not say.
    keeps_stain
        Whether what the network saw is kept too.
    """

    folder: Path
    name: str
    patches: tuple[Tile, ...]
    method: FlowNetwork
    calibration: OutlineCalibration | None
    keeps_stain: bool = False

    def path(self, patch: Tile) -> Path:
        """Return the file of a patch."""
        return self.folder / f"{self.name}_fields_{patch.name}.bin"

    def stain_path(self, patch: Tile) -> Path:
        """Return the file of what a patch shows."""
        return self.folder / f"{self.name}_stain_{patch.name}.bin"

    def read(self, region: Region) -> Array:
        """Return the fields of a region of working pixels, shape (3, H, W)."""
        return _read(self.path, self.patches, region, self.method.empty_fields(region.shape))

    def read_stain(self, region: Region) -> Image:
        """Return the normalized stain of a region of working pixels, shape (H, W); 0 where there is no tissue."""
        stored = _read(self.stain_path, self.patches, region, np.zeros((1, *region.shape), np.int16))
        stain: Image = stored[0].astype(np.float32) / np.float32(_STAIN_UNIT)
        return stain

    def discard(self) -> None:
        """Remove the files: objects have been made of them."""
        for patch in self.patches:
            for path in (self.path(patch), self.stain_path(patch)):
                path.unlink(missing_ok=True)


def _read(path_of: Callable[[Tile], Path], patches: tuple[Tile, ...], region: Region, empty: Array) -> Array:
    """Return what the files of patches hold of a region; `empty` where there is none."""
    for patch in patches:
        common = region.intersect(patch.owns)
        if not common.is_empty and path_of(patch).exists():
            empty[:, *common.inside(region)] = read_scratch(path_of(patch))[:, *common.inside(patch.owns)]
    return empty


@dataclass(frozen=True)
class _Question:
    prepared: Prepared
    role: Role
    grid: WorkingGrid
    predicted: Predicted
    weights: Path


def predict_plane(
    engine: Engine,
    prepared: Prepared,
    name: str,
    role: Role,
    method: FlowNetwork,
    grid: WorkingGrid,
    *,
    keeps_stain: bool = False,
) -> Predicted:
    """Ask a network about every patch of the plane that holds tissue."""
    plane = Region(0, 0, *prepared.slide.stack.shape)
    patches = tile_plane(grid.working(plane).shape, method.patch_px, method.margin_px)
    weights = _weights_path(method.settings, name)
    predicted = Predicted(
        prepared.slide.scratch,
        name,
        patches,
        method,
        _calibration_of(method.settings, weights),
        keeps_stain,
    )
    question = _Question(prepared, role, grid, predicted, weights)
    forget = _forget_networks if len(patches) > _MANY_PATCHES else None
    if forget is not None:
        forget()  # here, where they were only tried out
    engine.over(f"predict {name}", _predict, shared=question, items=patches, forget=forget)
    return predicted


def networks_of(slide: Slide, given: Collection[str]) -> dict[str, NetworkRecord]:
    """Return the weights that will outline a slide's objects, by kind, leaving out those whose labels are given."""
    return {name: _record_of(settings, name) for name, settings in _asked(slide, given).items()}


def check_networks(slide: Slide, given: Collection[str]) -> None:
    """Load each network that will be asked, so that one that cannot be used is told before the work begins.

    Raises
    ------
    MyograftError
        Where weights cannot be used or an engine is missing.
    """
    for name, settings in _asked(slide, given).items():
        _network_of(settings, _weights_path(settings, name))


def patch_seconds(slide: Slide, given: Collection[str]) -> dict[str, float]:
    """Return how long each network takes for a patch on one thread of this machine, by kind of object.

    Time of the processor, so that other programs do not count; of a graphics card time by the clock.

    Raises
    ------
    MyograftError
        Where weights cannot be used or an engine is missing.
    """
    return {
        name: _patch_s(settings, _weights_path(settings, name))
        for name, settings in _asked(slide, given).items()
    }


@lru_cache(maxsize=8)
def _patch_s(settings: AnyNetworkSettings, path: Path) -> float:
    network, edge = _network_of(settings, path), settings.patch_px + 2 * settings.margin_px
    if isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings):
        is_large, on_card = True, settings.device == "cuda"
    else:
        is_large, on_card = False, settings.engine == EngineName.CUDA
    clock = time.perf_counter if on_card else time.process_time
    seen = min(edge, _SEEN_PX) if is_large else edge
    image, times = np.random.default_rng(0).random((1, 1, seen, seen), np.float32), []
    for _ in range(1 if is_large else _TRIALS_N):
        begun = clock()
        network(image)
        times.append(clock() - begun)
    return min(times) * (edge / seen) ** 2


def _asked(slide: Slide, given: Collection[str]) -> dict[str, AnyNetworkSettings]:
    methods = {
        "fibers": (Role.SARCOLEMMA, fiber_method(slide.settings.segment.fibers)),
        "nuclei": (Role.NUCLEI, nucleus_method(slide.settings.segment.nuclei)),
    }
    return {
        name: method.settings
        for name, (role, method) in methods.items()
        if isinstance(method, FlowNetwork) and role in slide.roles and name not in given
    }


def _predict(question: _Question, patch: Tile) -> None:
    prepared, grid, predicted = question.prepared, question.grid, question.predicted
    stored = grid.stored(patch.reads, prepared.slide.stack.shape)
    if not prepared.tissue_at(stored, grid).any():
        return
    image = prepared.working(question.role, stored, grid)
    seen = grid.working(stored)
    image = image[patch.reads.inside(seen)]
    method = predicted.method
    before = (
        method.margin_px - (patch.owns.y0 - patch.reads.y0),
        method.margin_px - (patch.owns.x0 - patch.reads.x0),
    )
    # Every image has one size, also where the patch reaches beyond the plane.
    edge = method.patch_px + 2 * method.margin_px
    around = [(short, edge - length - short) for short, length in zip(before, image.shape, strict=True)]
    network = _network_of(method.settings, question.weights)
    fields = method.fields(network, network.surround(image, around))
    height, width = patch.owns.shape
    margin = method.margin_px
    write_scratch(predicted.path(patch), fields[:, margin : margin + height, margin : margin + width])
    if predicted.keeps_stain:
        owned = image[patch.owns.inside(patch.reads)][None]
        stored = np.rint(np.clip(owned * np.float32(_STAIN_UNIT), -32767, 32767)).astype(np.int16)
        write_scratch(predicted.stain_path(patch), stored)


def _weights_path(settings: AnyNetworkSettings, name: str) -> Path:
    if isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings):
        return cellpose_weights_path(settings.weights)
    return weights_path(settings.weights, name)


def _record_of(settings: AnyNetworkSettings, name: str) -> NetworkRecord:
    path = _weights_path(settings, name)
    if isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings):
        return cellpose_record(path)
    return read_weights(path, name).record


def _calibration_of(settings: AnyNetworkSettings, path: Path) -> OutlineCalibration | None:
    if isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings):
        return None
    card = read_weights(path).card
    calibration = None if card is None else card.calibration
    # A card of another version may have learned from other evidence: then nothing is said rather than nonsense.
    return calibration if calibration is not None and calibration.features == EVIDENCE else None


def _forget_networks() -> None:
    """Free the memory of networks; who asks one next loads it again."""
    _network_of.cache_clear()


@lru_cache(maxsize=2)
def _network_of(settings: AnyNetworkSettings, path: Path) -> Network:
    """Return a loaded network; every worker loads it once."""
    if isinstance(settings, FiberCellposeSettings | NucleusCellposeSettings):
        return load_cellpose(path, settings.device)
    kind = "fibers" if isinstance(settings, FiberNetworkSettings) else "nuclei"
    return load_network(read_weights(path, kind).content, settings.engine, str(path), kind)
