"""The training itself: crops in random order, AdamW, a running mean of the weights, checkpoints, a learning curve."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from myograft.errors import UsageError
from myograft.model.arrays import Array
from myograft.train.examples import UNKNOWN, Example, decode_image
from myograft.train.network import FlowNet, flow_loss
from myograft.train.plane_edge import OUTSIDE
from myograft.train.settings import TrainSettings

#: Batches of held-out examples on which the loss is watched.
_WATCHED_N = 8


@dataclass(frozen=True)
class Batch:
    """Crops and what should be said of them."""

    images: Tensor
    flows: Tensor
    is_object: Tensor
    is_known: Tensor


@dataclass(frozen=True)
class CurvePoint:
    """One line of the learning curve.

    Parameters
    ----------
    step
        Updates done.
    loss
        Mean loss since the last line.
    held_out_loss
        Loss of the running mean of the weights on examples that are never trained on.
    seconds
        Since the start, over all sessions.
    """

    step: int
    loss: float
    held_out_loss: float
    seconds: float


def check_device(settings: TrainSettings) -> None:
    """Refuse to train on a graphics card that is not there, before any work is done.

    Raises
    ------
    UsageError
        Where PyTorch sees none.
    """
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "there is no graphics card that PyTorch can use",
            where="train.device: cuda",
            remedy="Leave the setting out to train on the processor, or install PyTorch for the card's CUDA version",
        )


def train_network(
    settings: TrainSettings,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    folder: Path,
    report: Callable[[CurvePoint], None],
    start: FlowNet | None = None,
) -> FlowNet:
    """Train a network; continues where a checkpoint in the folder left off.

    Parameters
    ----------
    settings
        The recipe.
    examples, held_out
        To train on, and to watch only.
    folder
        Where checkpoint and learning curve are written.
    report
        Called with every line of the learning curve.
    start
        Network to start from; None for random weights.

    Returns
    -------
    FlowNet
        The running mean of the weights.
    """
    torch.set_num_threads(settings.threads_n)
    torch.manual_seed(settings.seed)
    device = torch.device(settings.device)
    network = (FlowNet(settings.network) if start is None else deepcopy(start)).to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = deepcopy(network).eval()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps_n, pct_start=0.1
    )
    state = {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule}
    checkpoint = folder / "checkpoint.pt"
    step, seconds = _resume(checkpoint, state)
    watched = [
        batch for _, batch in zip(range(_WATCHED_N), _batches(settings, held_out, 0, device), strict=False)
    ]
    begin, losses = monotonic() - seconds, []
    for batch in _batches(settings, examples, step + 1, device):
        if step >= settings.steps_n:
            break
        network.train()
        with torch.autocast(settings.device, torch.bfloat16, enabled=settings.is_half):
            answer = network(batch.images)
        loss = flow_loss(answer.float(), batch.flows, batch.is_object, batch.is_known)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        step += 1
        _follow(average, network, min(settings.average, step / (step + 10.0)))
        losses.append(float(loss.detach()))
        if step % settings.report_every_n == 0 or step == settings.steps_n:
            point = CurvePoint(
                step, float(np.mean(losses)), _held_out_loss(average, watched), monotonic() - begin
            )
            losses.clear()
            _write_curve(folder / "learning_curve.csv", point)
            _save(checkpoint, state, step, point.seconds)
            report(point)
    return average


def _batches(
    settings: TrainSettings, examples: Sequence[Example], first: int, device: torch.device
) -> Iterator[Batch]:
    """Yield batches for ever; the batch of a step depends on seed and step alone."""
    step = first
    while True:
        random = np.random.default_rng([settings.seed, step, 1])
        crops = [_crop(random, examples, settings.crop_px) for _ in range(settings.batch_n)]
        images, flows, objects, known = (
            torch.from_numpy(np.stack(part)) for part in zip(*crops, strict=True)
        )
        yield Batch(
            images.to(device).to(memory_format=torch.channels_last),
            flows.to(device),
            objects.to(device),
            known.to(device),
        )
        step += 1


def _crop(random: np.random.Generator, examples: Sequence[Example], edge_px: int) -> tuple[Array, ...]:
    """Return image, flows, objects and where flows are known, turned, mirrored and relit at random."""
    example = examples[int(random.integers(len(examples)))]
    height, width = example.is_object.shape
    y0 = int(random.integers(height - edge_px + 1))
    x0 = int(random.integers(width - edge_px + 1))
    window = (slice(y0, y0 + edge_px), slice(x0, x0 + edge_px))
    image = decode_image(example.images[int(random.integers(len(example.images)))][window])
    stored = np.asarray(example.flows[:, window[0], window[1]])
    is_known = (stored[0] != UNKNOWN).astype(np.float32)
    flows = stored.astype(np.float32) * np.float32(0.01) * is_known
    objects = np.asarray(example.is_object[window], np.float32)
    relit = image * np.float32(np.exp(random.normal(0.0, 0.15))) + np.float32(random.normal(0.0, 0.03))
    image = np.where(image == OUTSIDE, image, relit)
    if random.random() < 0.5:
        image, flows, objects, is_known = (
            np.swapaxes(part, -1, -2) for part in (image, flows, objects, is_known)
        )
        flows = flows[::-1]
    for axis in (0, 1):
        if random.random() < 0.5:
            image, objects, is_known = (np.flip(part, axis) for part in (image, objects, is_known))
            flows = np.flip(flows, axis + 1).copy()
            flows[axis] *= -1.0
    return tuple(np.ascontiguousarray(part) for part in (image[None], flows, objects, is_known))


def _follow(average: FlowNet, network: FlowNet, memory: float) -> None:
    """Move the running mean towards the network."""
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1.0 - memory)
            else:
                kept.copy_(new)


def _held_out_loss(average: FlowNet, watched: Sequence[Batch]) -> float:
    with torch.no_grad():
        losses = [
            float(flow_loss(average(batch.images), batch.flows, batch.is_object, batch.is_known))
            for batch in watched
        ]
    return float(np.mean(losses))


def _resume(checkpoint: Path, state: dict[str, Any]) -> tuple[int, float]:
    """Load a checkpoint, tensors only; returns the step and the seconds spent."""
    if not checkpoint.exists():
        return 0, 0.0
    stored = torch.load(checkpoint, weights_only=True)
    for name, part in state.items():
        part.load_state_dict(stored[name])
    return int(stored["step"]), float(stored["seconds"])


def _save(checkpoint: Path, state: dict[str, Any], step: int, seconds: float) -> None:
    draft = checkpoint.with_suffix(".draft")
    parts = {name: part.state_dict() for name, part in state.items()}
    torch.save({**parts, "step": step, "seconds": seconds}, draft)
    draft.replace(checkpoint)


def _write_curve(path: Path, point: CurvePoint) -> None:
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", "loss", "held_out_loss", "seconds"])
        writer.writerow(
            [point.step, f"{point.loss:.5f}", f"{point.held_out_loss:.5f}", f"{point.seconds:.0f}"]
        )
