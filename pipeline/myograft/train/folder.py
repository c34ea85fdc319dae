"""What a training folder belongs to: scenes and weights of other settings, labels or starts are never mixed in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from myograft import __version__
from myograft.errors import OutputError
from myograft.model.arrays import Array
from myograft.train.network import FlowNet
from myograft.train.real import Field, Pair
from myograft.train.settings import TrainSettings

#: File that says what a folder was begun with.
_RECORD = "training.json"

#: What a training leaves in a folder; where it lies without a record, nobody knows what it was made with.
_LEFT = ("held-out_scenes", "scenes", "real_examples", "checkpoint.pt", "learning_curve.csv")


def claim_folder(
    folder: Path, settings: TrainSettings, fields: Sequence[Field | Pair], start: FlowNet | None
) -> None:
    """Write down what a folder's training is made with, before anything else; an interrupted one may go on.

    Parameters
    ----------
    folder
        Where examples, checkpoint and weights are kept.
    settings
        The recipe.
    fields
        Real images with outlines.
    start
        Network to go on from; None for random weights.

    Raises
    ------
    OutputError
        Where the folder holds a training with other settings, labels or starting weights.
    """
    ours: dict[str, object] = {
        "version": __version__,
        "settings": settings.model_dump(mode="json"),
        "fields": [_digest_of_field(field) for field in fields],
        "start": None if start is None else _digest(*(part.numpy() for part in start.state_dict().values())),
    }
    record = folder / _RECORD
    if record.exists():
        differs = _differences(_read(record), ours)
    else:
        differs = ["what it was made with is not known"] if any((folder / n).exists() for n in _LEFT) else []
    if differs:
        raise OutputError(
            f"this folder holds another training ({'; '.join(differs)})",
            where=str(folder),
            remedy="Give another folder with --out, or repeat the command it was begun with to go on",
        )
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(ours, indent=1) + "\n", encoding="utf-8")
    draft.replace(record)


def _read(record: Path) -> dict[str, object]:
    try:
        stored = json.loads(record.read_text(encoding="utf-8"))
    except ValueError:
        stored = None
    return stored if isinstance(stored, dict) else {}


def _differences(theirs: dict[str, object], ours: dict[str, object]) -> list[str]:
    """Return what differs, in words: settings one by one, everything else as a whole."""
    before, now = _flat(theirs.get("settings")), _flat(ours["settings"])
    told = [
        f"train.{key} was {before.get(key)}, is {now.get(key)}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    ]
    words = {
        "version": "version of myograft",
        "fields": "fields or their outlines",
        "start": "weights it starts from",
    }
    return told + [f"other {word}" for key, word in words.items() if theirs.get(key, "") != ours[key]]


def _flat(values: object, before: str = "") -> dict[str, object]:
    """Return nested settings by dotted keys.

    Examples
    --------
    >>> _flat({"seed": 1, "scenes": {"edge_px": 64}})
    {'seed': 1, 'scenes.edge_px': 64}
    """
    if not isinstance(values, dict):
        return {before: values} if before else {}
    flat: dict[str, object] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{before}.{key}" if before else key)
    return flat


def _digest_of_field(field: Field | Pair) -> str:
    if isinstance(field, Field):
        return _digest(field.image, field.labels)
    digest = hashlib.sha256()
    for path in (field.image, field.labels):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _digest(*arrays: Array) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array)
        digest.update(f"{plain.dtype}{plain.shape}".encode())
        digest.update(plain.tobytes())
    return digest.hexdigest()
