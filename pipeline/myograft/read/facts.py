"""What a file says of itself, before anything is decided: axes, type, channels, claims about the pixel size."""

from __future__ import annotations

from dataclasses import dataclass

from myograft.errors import InputError
from myograft.model.channels import Channel


@dataclass(frozen=True, slots=True)
class SizeClaim:
    """A pixel size somebody wrote into the file.

    Parameters
    ----------
    source
        Where it stands, such as ``"OME-XML"``.
    y_um, x_um
        Height and width of a pixel in um.
    z_um
        Distance of planes in um; None where it says nothing.
    """

    source: str
    y_um: float
    x_um: float
    z_um: float | None = None


@dataclass(frozen=True)
class FileFacts:
    """An image in a file.

    Parameters
    ----------
    kind
        ``"tiff"`` or ``"ome-zarr"``.
    series
        Which image of the file it is.
    axes
        Stored axes: C, Z, Y, X, S (colors of one pixel), T.
    shape
        Length of every axis.
    dtype
        NumPy name of the stored type.
    channels
        Channels as described; empty where the file says nothing.
    claims
        Pixel sizes in the file.
    is_rgb
        Whether the channels are the colors of a photograph.
    is_palette
        Whether values are positions in a table of colors.
    notes
        Assumptions made.
    """

    kind: str
    series: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    channels: tuple[Channel, ...] = ()
    claims: tuple[SizeClaim, ...] = ()
    is_rgb: bool = False
    is_palette: bool = False
    notes: tuple[str, ...] = ()

    def length(self, axis: str) -> int:
        """Return the length of an axis; 1 where it is absent."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1


#: Most entries that an axis without a name may have to be taken for channels; more are taken for planes.
_CHANNELS_AT_MOST = 4

_NAMED_AXES = frozenset("CZYXST")


def name_axes(axes: str, shape: tuple[int, ...], wish: str | None, where: str) -> tuple[str, tuple[str, ...]]:
    """Return the axes by our letters, and the assumptions that took.

    Parameters
    ----------
    axes, shape
        As the file says; letters other than C, Z, Y, X, S and T are axes without a meaning.
    wish
        Axes the user gave; None trusts the file.
    where
        File, for errors.

    Examples
    --------
    >>> name_axes("QYX", (31, 60, 60), None, "a.tif")[0]
    'ZYX'
    >>> name_axes("QYX", (3, 60, 60), None, "a.tif")[0]
    'CYX'
    """
    if wish is not None:
        wished = wish.upper()
        if len(wished) != len(shape) or len(set(wished)) != len(wished) or not {"Y", "X"} <= set(wished):
            raise InputError(
                f"read.axes = {wish} does not fit an image of shape {' x '.join(map(str, shape))}",
                where=where,
                remedy=f"Give {len(shape)} different letters with Y and X among them, or leave read.axes out",
            )
        return wished, (f"the axes are taken as {wished}, as told; the file says {axes}",)
    notes = []
    named = list(axes)
    for position, axis in enumerate(axes):
        if axis in _NAMED_AXES:
            continue
        length = shape[position]
        free = [letter for letter in "CZ" if letter not in named]
        if length == 1:
            named[position] = free[0] if free else axis
            continue
        guess = "C" if length <= _CHANNELS_AT_MOST else "Z"
        if guess not in free:
            raise InputError(
                f"the meaning of an axis of length {length} is not in the file (axes {axes})",
                where=where,
                remedy="Say it with --set read.axes=LETTERS, such as ZCYX",
            )
        named[position] = guess
        meaning = "channels" if guess == "C" else "z-planes"
        notes.append(
            f"the file does not say what its {length} planes are; they are taken as {meaning} "
            f"(--set read.axes={''.join(named)} confirms it)"
        )
    result = "".join(named)
    if not {"Y", "X"} <= set(result) or len(set(result)) != len(result):
        raise InputError(
            f"the axes {axes} hold no plane that could be measured",
            where=where,
            remedy="Say which axes are Y and X with --set read.axes=LETTERS, such as CYX",
        )
    return result, tuple(notes)
