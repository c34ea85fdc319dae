"""One training from nothing to weights: examples, updates, export, card."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch

from myograft import __version__
from myograft.errors import UsageError
from myograft.model.network_card import NetworkCard
from myograft.segment import KIND_PROPERTY, OUTSIDE_PROPERTY, EngineName, FlowNetwork, load_network
from myograft.train.calibration import calibrate, scenes_for
from myograft.train.examples import Example, load_examples, make_examples
from myograft.train.export import export_network
from myograft.train.fibers import FiberExamples
from myograft.train.folder import claim_folder
from myograft.train.loop import CurvePoint, check_device, train_network
from myograft.train.network import FlowNet, count_parameters
from myograft.train.nuclei import NucleusExamples
from myograft.train.plane_edge import OUTSIDE
from myograft.train.real import Field, Pair, RealExamples
from myograft.train.settings import TrainSettings

#: Added to the seed of scenes that are never learned from.
_HELD_OUT = 1_000_000

OnStage = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done and how much there is."""


@dataclass(frozen=True)
class Sources:
    """What there is to learn from besides simulated scenes, and what to say of it.

    Parameters
    ----------
    fields
        Real images with outlines.
    is_normalized
        Whether their pixels are normalized already.
    data
        One sentence per source, for the card.
    command
        Command that trains it again.
    """

    fields: tuple[Field | Pair, ...] = ()
    is_normalized: bool = False
    data: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Trained:
    """What a training leaves behind.

    Parameters
    ----------
    weights
        The ONNX file.
    card
        What is known of it; metrics are still to be measured.
    """

    weights: Path
    card: NetworkCard


def follow_recipe(
    settings: TrainSettings,
    sources: Sources,
    method: FlowNetwork,
    folder: Path,
    *,
    workers_n: int,
    on_stage: OnStage,
    on_curve: Callable[[CurvePoint], None],
    start: FlowNet | None = None,
) -> Trained:
    """Train a network and export it; what an interrupted training left in the folder is used.

    Parameters
    ----------
    settings, sources
        The recipe.
    method
        The method that the network will serve.
    folder
        Where examples, checkpoint, learning curve, weights and card are kept.
    workers_n
        Processes that make examples.
    on_stage, on_curve
        Told of progress.
    start
        Network to go on from; None for random weights.

    Raises
    ------
    UsageError
        Where there is nothing to learn from, or no graphics card that was asked for.
    OutputError
        Where the folder holds a training with other settings, labels or starting weights.
    """
    check_device(settings)
    if not settings.scenes.scenes_n and not sources.fields:
        raise UsageError(
            "there is nothing to learn from: no simulated scenes, and no fields with outlines",
            where="train.scenes.scenes_n",
            remedy="Set it to 1 or more, or give fields with --labels, --from or --images",
        )
    claim_folder(folder, settings, sources.fields, start)
    make = FiberExamples if settings.kind == "fibers" else NucleusExamples
    parts: Sequence[tuple[str, Callable[[int], Example], int]] = (
        ("held-out scenes", make(settings.seed + _HELD_OUT, settings.scenes), settings.scenes.held_out_n),
        ("scenes", make(settings.seed, settings.scenes), settings.scenes.scenes_n),
        (
            "real examples",
            RealExamples(settings.seed, sources.fields, settings.scenes, is_normalized=sources.is_normalized),
            settings.real_n if sources.fields else 0,
        ),
    )
    examples = {}
    for name, maker, count in parts:
        place = folder / name.replace(" ", "_")
        make_examples(maker, place, count, workers_n, partial(on_stage, name))
        examples[name] = load_examples(place, count)
    network = train_network(
        settings,
        [*examples["real examples"], *examples["scenes"]],
        examples["held-out scenes"],
        folder,
        on_curve,
        start,
    )
    weights = folder / f"{settings.kind}.onnx"
    properties = {KIND_PROPERTY: settings.kind, "myograft": __version__}
    if settings.scenes.ended_fraction:
        properties[OUTSIDE_PROPERTY] = str(OUTSIDE)
    export_network(network, weights, properties)
    card = _card(settings, sources, folder, weights, count_parameters(network))
    on_stage("calibrate", 0, 1)
    loaded = load_network(weights.read_bytes(), EngineName.OPENVINO, str(weights))
    scenes = scenes_for(settings, method.working_um_per_px)
    card = card.model_copy(update={"calibration": calibrate(method, loaded, scenes)})
    on_stage("calibrate", 1, 1)
    return Trained(weights, card)


def _card(
    settings: TrainSettings, sources: Sources, folder: Path, weights: Path, parameters_n: int
) -> NetworkCard:
    last = (folder / "learning_curve.csv").read_text(encoding="utf-8").splitlines()[-1].split(",")
    return NetworkCard(
        name=f"myograft {settings.kind}",
        kind=settings.kind,
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        license="BSD-3-Clause",
        data=("Simulated muscle, drawn by myograft.train from the seed and settings below.", *sources.data),
        command=sources.command,
        settings=settings.model_dump(mode="json"),
        seconds=float(last[3]),
        versions={
            "myograft": __version__,
            "torch": torch.__version__,
            "numpy": version("numpy"),
            "python": platform.python_version(),
        },
        parameters_n=parameters_n,
        metrics={"loss": float(last[1]), "held_out_loss": float(last[2])},
    )
