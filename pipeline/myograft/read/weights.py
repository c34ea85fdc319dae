"""Weights of a network: those that ship, or a file of the user's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from myograft.errors import InputError
from myograft.model.network_card import NetworkCard
from myograft.model.provenance import NetworkRecord

#: Folder of the networks that ship.
_SHIPPED = Path(__file__).parent.parent / "segment" / "weights"

#: First bytes of files that may hold code to be run on opening: PyTorch's zip, pickle.
_CODE = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Weights:
    """A network as it was read.

    Parameters
    ----------
    path
        File.
    content
        Its bytes.
    sha256
        Their digest.
    card
        What is known of them; None where no card lies beside them.
    """

    path: Path
    content: bytes
    sha256: str
    card: NetworkCard | None

    @property
    def record(self) -> NetworkRecord:
        """What a run writes down."""
        return NetworkRecord(
            name=self.path.name if self.card is None else self.card.name,
            sha256=self.sha256,
            license="unknown" if self.card is None else self.card.license,
        )


def weights_path(choice: str, kind: str) -> Path:
    """Return the file of weights.

    Parameters
    ----------
    choice
        ``"shipped"``, or a path.
    kind
        ``"fibers"`` or ``"nuclei"``: which of the shipped networks is meant.

    Raises
    ------
    InputError
        Where there is no such file, or one that may hold code.
    """
    path = _SHIPPED / f"{kind}.onnx" if choice == "shipped" else Path(choice).expanduser()
    if not path.is_file():
        raise InputError(
            "there are no such weights",
            where=str(path),
            remedy="Give the path of an ONNX file made by 'myograft train', or 'shipped'; nothing is ever downloaded",
        )
    with path.open("rb") as file:
        if file.read(4).startswith(_CODE):
            raise InputError(
                "these weights are a PyTorch or pickle file, which may run code when it is opened",
                where=str(path),
                remedy="Export them as ONNX ('myograft train' does), or use 'method: cellpose' for Cellpose's own",
            )
    return path


def card_path(weights: Path) -> Path:
    """Return where the card of weights lies."""
    return weights.with_suffix(".card.json")


def read_weights(path: Path, kind: str | None = None) -> Weights:
    """Return the weights in a file.

    Parameters
    ----------
    path
        ONNX file.
    kind
        What they are to outline; None for whatever they do.

    Raises
    ------
    InputError
        Where a card lies beside them that describes another file or other objects, or cannot be read.
    """
    weights = _read(path, _stamp(path), _stamp(card_path(path)))
    if kind is not None and weights.card is not None and weights.card.kind != kind:
        raise InputError(
            f"these weights outline {weights.card.kind}, {kind} are asked for",
            where=str(path),
            remedy=f"Give weights for {kind}, or leave the setting out to use what ships",
        )
    return weights


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written anew; None where there is none."""
    if not path.is_file():
        return None
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=4)
def _read(path: Path, *stamps: tuple[int, int] | None) -> Weights:
    del stamps
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    card = _card(card_path(path))
    if card is not None and card.sha256 != digest:
        raise InputError(
            "the weights are not those that the card beside them describes: damaged, or changed since",
            where=str(path),
            remedy="Copy both files again, or install myograft again if they are its own",
        )
    return Weights(path, content, digest, card)


def _card(path: Path) -> NetworkCard | None:
    if not path.is_file():
        return None
    try:
        return NetworkCard.model_validate_json(path.read_bytes())
    except ValidationError as problem:
        raise InputError(
            f"this is no model card ({problem.errors()[0]['msg']})",
            where=str(path),
            remedy="Copy it again from where the weights came from, or remove it",
        ) from None
