"""Cellpose 4 models as networks: their fields are asked for patch by patch and followed like those of our own."""

from __future__ import annotations

import importlib.util
import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from myograft.errors import InputError, UsageError
from myograft.model.arrays import Array
from myograft.segment.inference import Network

#: Part of Cellpose's own tiles that overlaps, and images per batch.
_OVERLAP, _BATCH_N = 0.1, 1

#: Channels a Cellpose 4 network sees; the stain is the first.
_CHANNELS_N = 3

#: A tensor that Cellpose's networks on DINOv3 have and no other, and the package that these need.
_DINO_TENSOR, _DINO_PACKAGE = "encoder.cls_token", "dinov3"


def load_cellpose(path: Path, device: str) -> Network:
    """Return a Cellpose model that is ready to compute, with 32-bit numbers.

    Parameters
    ----------
    path
        File of a Cellpose 4 model; PyTorch reads tensors from it and nothing that could run.
    device
        ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    UsageError
        Where Cellpose, a package that the model needs, or a graphics card, is not there.
    InputError
        Where the file holds more than tensors, or is no Cellpose 4 model.
    """
    if importlib.util.find_spec("cellpose") is None:
        raise UsageError(
            "Cellpose is not installed",
            where="method: cellpose",
            remedy="Install it with: pip install 'myograft[cellpose]'; or use the method network",
        )
    import torch  # noqa: PLC0415 - comes with Cellpose, an extra

    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "there is no graphics card that PyTorch can use",
            where="device: cuda",
            remedy="Set device to cpu, or install PyTorch for the card's CUDA version",
        )
    _check_tensors(torch, path)
    complete_torchvision(torch)
    from cellpose import core, models  # noqa: PLC0415 - an extra, and slow to import

    logging.getLogger("cellpose").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    try:
        model = models.CellposeModel(
            pretrained_model=str(path), device=torch.device(device), use_bfloat16=False
        )
    except Exception as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise InputError(
            f"Cellpose cannot use these weights ({reason[:200]})",
            where=str(path),
            remedy="Give the weights of a Cellpose 4 model; those of Cellpose 3 and before have another network",
        ) from problem
    model.net.eval()
    edge = 256 if model.backbone == "sam_vitl" else 384

    def answer_of(images: Array) -> Array:
        answers = []
        for image in images:
            seen = np.zeros((1, *image.shape[1:], _CHANNELS_N), np.float32)
            seen[0, ..., 0] = image[0]
            with torch.no_grad():
                answer = core.run_net(
                    model.net, seen, batch_size=_BATCH_N, tile_overlap=_OVERLAP, bsize=edge
                )[0]
            answers.append(np.moveaxis(answer[0, ..., -3:], -1, 0))
        return np.stack(answers).astype(np.float32)

    return Network(answer_of)


def _check_tensors(torch: Any, path: Path) -> None:
    """Refuse a file that holds more than tensors before Cellpose opens it, and one that needs an absent package.

    Cellpose leaves it to the version of PyTorch whether code in a file is run, and its advice may be to run it.
    """
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as problem:
        # PyTorch's own message advises to run the code.
        is_code = isinstance(problem, pickle.UnpicklingError)
        raise InputError(
            "this file holds more than tensors: it may run code when it is opened, and is not opened"
            if is_code
            else "this is no file of tensors that PyTorch can read, or a damaged one",
            where=str(path),
            remedy="Give the weights of a Cellpose 4 model as Cellpose saved them, from whom you trust",
        ) from problem
    is_dino = isinstance(tensors, dict) and _DINO_TENSOR in tensors
    if is_dino and importlib.util.find_spec(_DINO_PACKAGE) is None:
        raise UsageError(
            f"this is a model of Cellpose's on DINOv3, which needs the package {_DINO_PACKAGE}",
            where=str(path),
            remedy="Install it with: pip install git+https://github.com/facebookresearch/dinov3; or use cpsam_v2",
        )


def complete_torchvision(torch: Any) -> None:
    """Declare two operators of torchvision where its compiled part does not fit this PyTorch.

    Cellpose imports torchvision, uses none of its operators, and fails to import without them.
    """
    try:
        import torchvision  # noqa: F401, PLC0415 - to see whether it can be imported
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        # Declarations last as long as the library object does.
        _LIBRARIES.append(library)


_LIBRARIES: list[Any] = []
