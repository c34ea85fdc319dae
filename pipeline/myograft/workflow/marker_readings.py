"""What the donor marker shows of every nucleus: measured tile by tile, freed of bleed-through for the whole section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from myograft.assign import (
    BleedThrough,
    MarkerSettings,
    OriginCalls,
    bleed_through_share,
    marker_signal,
    spot_heights,
    without_bleed_through,
)
from myograft.errors import ChannelError, ConfigError
from myograft.model.arrays import Array, Labels
from myograft.model.biology import MarkerPattern
from myograft.model.channels import Role
from myograft.model.geometry import Region
from myograft.workflow.ground import Ground
from myograft.workflow.shares import Share
from myograft.workflow.slide import Slide

#: What a tile says of its nuclei beside the columns of the table.
_SIGNAL, _STAIN, _HEIGHTS = "signal", "stain", "spot heights"


@dataclass(frozen=True)
class MarkerReadings:
    """The marker of a section's nuclei.

    Parameters
    ----------
    signal
        Marker over background in counts, shape (n,); of spots the height of the highest. NaN where unknown.
    heights
        Heights of the highest spots, shape (n, k); None for other patterns.
    bleed_through_share
        Counts that were taken off per count of the nuclear stain; None where that was not asked or not known.
    notes
        What the user should know.
    """

    signal: Array
    heights: Array | None
    bleed_through_share: float | None
    notes: tuple[str, ...]

    def spot_columns(self, calls: OriginCalls) -> dict[str, Array]:
        """Return how many spots of each nucleus reach the height of the threshold; nothing where there is none."""
        if self.heights is None or calls.threshold is None or calls.host_location is None:
            return {}
        least = calls.host_location + calls.threshold * (calls.host_scale or 0.0)
        return {
            "donor_spots_n": np.ma.MaskedArray((self.heights >= least).sum(axis=1), mask=~calls.is_called)
        }


def check_marker(slide: Slide) -> None:
    """Refuse what cannot be measured before the work begins.

    Raises
    ------
    ConfigError
        Where spots are smaller than a pixel.
    ChannelError
        Where bleed-through is to be taken off and there is no nuclear stain.
    """
    marker, size_um = slide.settings.assign.marker, slide.stack.calibration.pixel_size_um
    if Role.DONOR_NUCLEUS not in slide.roles:
        return
    if marker.pattern is MarkerPattern.SPOTS and size_um > marker.spot_um:
        raise ConfigError(
            f"spots of {marker.spot_um:g} um do not show in pixels of {size_um:g} um",
            where=str(slide.stack.path),
            remedy="Image at a higher magnification, or say how wide spots are with --set assign.marker.spot_um",
        )
    if marker.bleed_through is not BleedThrough.NONE and Role.NUCLEI not in slide.roles:
        raise ChannelError(
            "what of the nuclear stain shows in the marker's channel is to be taken off, and there is no nuclear stain",
            where=str(slide.stack.path),
            remedy="Say which channel it is (--set channels.nuclei=N), or --set assign.marker.bleed_through=none",
        )


def measure_marker(ground: Ground, nuclei: Labels, share: Share, crop: Region) -> dict[str, Array]:
    """Return what the marker shows of a tile's nuclei, to be gathered by `gather_readings`."""
    slide, settings = ground.slide, ground.slide.settings.assign.marker
    pixel_size_um = slide.stack.calibration.pixel_size_um

    def seen(role: Role) -> Array:
        # A nucleus is measured where it is largest: there its marker is in focus, and none above shines into it.
        return ground.raw(role, crop, share.plane)

    empty = seen(Role.AUTOFLUORESCENCE) if Role.AUTOFLUORESCENCE in slide.roles else None
    counts = seen(Role.DONOR_NUCLEUS)
    where = (share.ids, share.boxes, crop, pixel_size_um, settings)
    if settings.pattern is MarkerPattern.SPOTS:
        heights = spot_heights(nuclei, counts, *where, autofluorescence=empty)
        return {_SIGNAL: heights[:, 0], _HEIGHTS: heights}
    answer = {_SIGNAL: marker_signal(nuclei, counts, *where, autofluorescence=empty)}
    if settings.bleed_through is not BleedThrough.NONE:
        answer[_STAIN] = marker_signal(nuclei, seen(Role.NUCLEI), *where)
    return answer


def gather_readings(
    parts: Sequence[dict[str, Any]], order: Array, settings: MarkerSettings
) -> MarkerReadings:
    """Take what `measure_marker` said out of the tiles' answers.

    Parameters
    ----------
    parts
        Answers of the tiles; what is the marker's is removed from them.
    order
        Which nucleus of all comes first, second, ... in the table.
    settings
        How the marker was measured.
    """
    signal, stain, heights = (_taken(parts, key, order) for key in (_SIGNAL, _STAIN, _HEIGHTS))
    if signal is None:
        return MarkerReadings(np.zeros(0), None, None, ())
    if stain is None:
        return MarkerReadings(signal, heights, None, ())
    if settings.bleed_through is BleedThrough.GIVEN:
        known: float | None = settings.bleed_through_share
    else:
        known = bleed_through_share(signal, stain)
    if known is None:
        told = "too few nuclei, or too alike, to say how much of their stain shows in the marker: nothing is taken off"
        return MarkerReadings(signal, heights, None, (told,))
    told = f"{known:.3g} counts of the marker were taken off per count of the nuclear stain ({settings.bleed_through})"
    return MarkerReadings(without_bleed_through(signal, stain, known), heights, known, (told,))


def _taken(parts: Sequence[dict[str, Any]], key: str, order: Array) -> Array | None:
    found = [part.pop(key) for part in parts if key in part]
    return np.concatenate(found)[order] if found else None
