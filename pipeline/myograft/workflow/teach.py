"""A network is trained, or trained further on a user's own fields: ``myograft train``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from myograft.config import RunSettings
from myograft.errors import UsageError
from myograft.evaluate import evaluate_labels
from myograft.model.channels import Role
from myograft.model.correction import Target
from myograft.model.network_card import NetworkCard
from myograft.read import card_path, read_weights, weights_path
from myograft.segment import EngineName, FlowNetwork, fiber_method, load_network, nucleus_method
from myograft.train.export import import_network, outside_of
from myograft.train.loop import CurvePoint, check_device
from myograft.train.network import FlowNet
from myograft.train.real import Field, find_pairs, split_pairs
from myograft.train.recipe import Sources, follow_recipe
from myograft.train.settings import TrainSettings
from myograft.workflow.events import Noted, OnEvent, StageProgress
from myograft.workflow.labeled_fields import labeled_field
from myograft.workflow.reviewed_fields import reviewed_fields
from myograft.write import output_errors, write_text

#: Of three fields one is held back; of fewer, the last part of each.
_FOLDS = 3

#: Part of the scenes that end within the image, where a network that knows a plane's border is trained further.
_ENDED = 0.4


@dataclass(frozen=True)
class TrainRequest:
    """What is to be trained, on what, and where to.

    Parameters
    ----------
    settings
        The recipe.
    run_settings
        Channels, normalization and pixel size of given fields.
    out
        Folder for examples, checkpoint, weights and card.
    images
        Folder of real images with outlines (``NAME_img.tif``, ``NAME_labels.tif``) to train from the start with.
    labels
        Label images of the user's own fields, to train further with.
    results
        Reviewed results, to train further with what readers saw and corrected.
    start
        Weights to go on from; None to begin with random ones.
    workers_n
        Processes that make examples.
    command
        As typed, for the card.
    """

    settings: TrainSettings
    run_settings: RunSettings
    out: Path
    images: Path | None = None
    labels: tuple[Path, ...] = ()
    results: tuple[Path, ...] = ()
    start: str | None = None
    workers_n: int = 1
    command: str = ""


@dataclass(frozen=True)
class TrainOutcome:
    """Weights, and how they do on fields that were held back (None without any)."""

    weights: Path
    card: NetworkCard
    f1_before: float | None
    f1_after: float | None


def teach(request: TrainRequest, on_event: OnEvent) -> TrainOutcome:
    """Train a network; what an interrupted training left in the folder is used.

    Raises
    ------
    MyograftError
        Where a field, its labels or the weights to start from cannot be used.
    """
    kind = request.settings.kind
    check_device(request.settings)
    settings, start = _beginning(request)
    learned, held_out = _divide(_fields(request))
    with output_errors(request.out):
        request.out.mkdir(parents=True, exist_ok=True)
        trained = follow_recipe(
            settings,
            _sources(request, learned),
            _method(request),
            request.out,
            workers_n=request.workers_n,
            on_stage=lambda stage, done_n, total_n: on_event(StageProgress(kind, stage, done_n, total_n)),
            on_curve=lambda point: _tell(kind, point, request.settings.steps_n, on_event),
            start=start,
        )
        before = (
            _f1(held_out, request, weights_path(request.start, kind)) if request.start and held_out else None
        )
        after = _f1(held_out, request, trained.weights) if held_out else None
        figures = {"held_out_f1_before": before, "held_out_f1": after}
        metrics = {
            **trained.card.metrics,
            **{name: value for name, value in figures.items() if value is not None},
        }
        card = trained.card.model_copy(update={"metrics": metrics})
        write_text(card_path(trained.weights), card.model_dump_json(indent=1) + "\n")
    return TrainOutcome(trained.weights, card, before, after)


def _fields(request: TrainRequest) -> list[Field]:
    """Return the user's fields, as a run would see them."""
    um_per_px = _method(request).working_um_per_px
    role, target = (
        (Role.SARCOLEMMA, Target.FIBER)
        if request.settings.kind == "fibers"
        else (Role.NUCLEI, Target.NUCLEUS)
    )
    fields = [labeled_field(path, role, request.run_settings, um_per_px) for path in request.labels]
    for path in request.results:
        fields += reviewed_fields(path, target, um_per_px)
    return fields


def _beginning(request: TrainRequest) -> tuple[TrainSettings, FlowNet | None]:
    """Return the recipe, and the network to go on from: what is set already by that network is its own."""
    settings = request.settings
    if request.start is None:
        return settings, None
    path = weights_path(request.start, settings.kind)
    content = read_weights(path, settings.kind).content
    start = import_network(content, str(path), settings.kind)
    # What a network knows of a plane's border it keeps: it is not unlearned in a few steps, nor learned.
    wanted = settings.scenes.ended_fraction or _ENDED
    fraction = 0.0 if outside_of(content) is None else wanted
    scenes = settings.scenes.model_copy(update={"ended_fraction": fraction})
    changed = settings.model_copy(update={"scenes": scenes, "network": start.shape})
    try:
        return TrainSettings.model_validate(changed.model_dump()), start
    except ValidationError as problem:
        raise UsageError(
            f"the settings do not fit these weights ({problem.errors()[0]['msg']})",
            where=str(path),
            remedy="Change train.crop_px",
        ) from None


def _tell(kind: str, point: CurvePoint, steps_n: int, on_event: OnEvent) -> None:
    on_event(StageProgress(kind, "train", point.step, steps_n))
    on_event(
        Noted(kind, f"step {point.step}: loss {point.loss:.3f}, on held-out scenes {point.held_out_loss:.3f}")
    )


def _sources(request: TrainRequest, learned: Sequence[Field]) -> Sources:
    if learned:
        told = f"{len(learned)} fields of the user's own, with outlines."
        return Sources(tuple(learned), is_normalized=True, data=(told,), command=request.command)
    if request.images is None:
        return Sources(command=request.command)
    pairs, kept_back = split_pairs(find_pairs(request.images))
    told = (
        f"{len(pairs)} real images with outlines from {request.images.name}; {len(kept_back)} were kept back."
    )
    return Sources(tuple(pairs), data=(told,), command=request.command)


def _divide(fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """Return fields to learn from and fields held back."""
    if len(fields) >= _FOLDS:
        held_out = list(fields[_FOLDS - 1 :: _FOLDS])
        return [field for index, field in enumerate(fields) if index % _FOLDS != _FOLDS - 1], held_out
    learned, held_out = [], []
    for field in fields:
        cut = field.labels.shape[1] * (_FOLDS - 1) // _FOLDS
        learned.append(Field(field.image[:, :cut], field.labels[:, :cut]))
        held_out.append(Field(field.image[:, cut:], field.labels[:, cut:]))
    return learned, held_out


def _method(request: TrainRequest) -> FlowNetwork:
    """Return the method that the network will serve."""
    segment = request.run_settings.segment
    is_fibers = request.settings.kind == "fibers"
    method = fiber_method(segment.fibers) if is_fibers else nucleus_method(segment.nuclei)
    if isinstance(method, FlowNetwork) and method.settings.method == "network":
        return method
    chosen = segment.fibers.method if is_fibers else segment.nuclei.method
    raise UsageError(
        f"the settings outline {request.settings.kind} by the method {chosen}, which is not trained here",
        where=f"segment.{request.settings.kind}.method",
        remedy="Leave the method out, or set it to network",
    )


def _f1(fields: Sequence[Field], request: TrainRequest, weights: Path) -> float:
    """Return the pooled F1 at an IoU of 0.5 of a network on fields."""
    method = _method(request)
    kind = request.settings.kind
    network = load_network(read_weights(weights, kind).content, EngineName.OPENVINO, str(weights), kind)
    hits, errors = 0, 0
    for field in fields:
        found = method.outline(network, field.image, method.working_um_per_px)
        result = evaluate_labels(found, field.labels)
        hits += result.true_positive_n
        errors += result.false_positive_n + result.false_negative_n
    return 2.0 * hits / max(1, 2 * hits + errors)
