"""An edit window of painted labels as corrections: what appeared, what is gone, what has another shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from myograft.correct.boxes import extend_boxes
from myograft.correct.edited_labels import EditedLabels
from myograft.model.arrays import Labels, Mask
from myograft.model.correction import Add, Correction, Delete, NewObject, Pixels, Reshape, Target
from myograft.model.geometry import Region


def corrections_of(
    before: Labels, after: Labels, region: Region, target: Target, edited: EditedLabels
) -> tuple[Correction, ...]:
    """Return the corrections that leave a window as it was painted, in the order in which to make them.

    Only pixels that were painted count: where `after` is as `before`, labels stay as they are now. A number stands for
    an object that shows in the window and keeps one of its pixels, there or outside. Any other number is a new object
    and gets the next free one: also that of an object far away, which the window did not show and so nobody meant, and
    one whose object would lie only where it had no pixel before.

    The corrections give exactly the painted window, up to the numbers of new objects: final shapes do not overlap, and
    every object that gives up a pixel has a correction of its own. Deleting comes first, so that nothing is deleted
    that a new shape has covered already. Then a shape is final once it is painted, since later ones take none of its
    pixels; and no object vanishes before its turn, since it keeps at least one pixel, which no other shape takes.

    Parameters
    ----------
    before
        Labels of the window as it was opened, shape of `region`.
    after
        The same window when painting was done.
    region
        Where the window lies, in px of full resolution.
    target
        What the labels are.
    edited
        The plane as it is now; an object that reaches out of the window keeps its pixels there.
    """
    now = edited.read(region)
    final = np.where(before == after, now, after)
    painted = final != now
    gained: dict[int, Region] = {}
    lost: dict[int, Region] = {}
    extend_boxes(gained, final, painted, region)
    extend_boxes(lost, now, painted, region)
    deleted: list[Correction] = []
    reshaped: list[Correction] = []
    new: list[Pixels] = []
    for number in sorted(gained.keys() | lost.keys()):
        place = _place_of(number, region, edited, gained)
        part = place.inside(region)
        inside, was_inside = final[part] == number, now[part] == number
        kept = _outside(edited, number, region) if was_inside.any() else None
        if kept or (inside & was_inside).any():
            reshaped.append(Reshape(target=target, object_id=number, pixels=_pixels(inside, place, kept)))
            continue
        if was_inside.any():
            deleted.append(Delete(target=target, object_id=number))
        if inside.any():
            new.append(_pixels(inside, place, None))
    added = [
        Add(target=target, made=NewObject(new_id=new_id, pixels=pixels))
        for new_id, pixels in enumerate(new, start=edited.next_id)
    ]
    return (*deleted, *reshaped, *added)


def _place_of(number: int, region: Region, edited: EditedLabels, gained: Mapping[int, Region]) -> Region:
    """Return the part of the window where an object was or is."""
    box = edited.boxes.get(number, region).intersect(region)
    if number not in gained:
        return box
    return gained[number] if box.is_empty else box.union(gained[number])


def _outside(edited: EditedLabels, number: int, region: Region) -> tuple[Region, Mask] | None:
    """Return an object's pixels outside of the window and where they lie; None where it has none there."""
    box = edited.boxes[number]
    mask = edited.read(box) == number
    mask[box.intersect(region).inside(box)] = False
    return (box, mask) if mask.any() else None


def _pixels(inside: Mask, region: Region, kept: tuple[Region, Mask] | None) -> Pixels:
    """Return an object's pixels in the window together with those it keeps outside."""
    if kept is None:
        return Pixels.from_mask(inside, y0=region.y0, x0=region.x0)
    hull = kept[0].union(region)
    mask = np.zeros(hull.shape, bool)
    mask[kept[0].inside(hull)] = kept[1]
    mask[region.inside(hull)] |= inside
    return Pixels.from_mask(mask, y0=hull.y0, x0=hull.x0)
