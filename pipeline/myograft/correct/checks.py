"""Which edits cannot be made, and the sentence that says so; nothing is changed here."""

from __future__ import annotations

from typing import TypeAlias

from myograft.correct.calls import CallEdit, Calls
from myograft.correct.edited_labels import EditedLabels
from myograft.correct.fixed_objects import FixedObjects
from myograft.correct.strokes import ShapeEdit
from myograft.errors import CorrectionError
from myograft.model.biology import Location
from myograft.model.correction import (
    Accept,
    Add,
    Delete,
    ExcludeRegion,
    IncludeRegion,
    Merge,
    Pixels,
    Reject,
    Reshape,
    SetLocation,
    SetOrigin,
    SetPosition,
    Split,
    Target,
)
from myograft.model.geometry import Region

Objects: TypeAlias = EditedLabels | FixedObjects | None
"""The fibers or nuclei of a result; None where it has none."""


def check_shape(edit: ShapeEdit, objects: Objects) -> EditedLabels:
    """Check that an edit of pixels can be made, and return the labels to make it in.

    Raises
    ------
    CorrectionError
        When there are no such labels or objects, a new number was used before, or pixels lie where they must not.
    """
    labels = _labels_of(edit.target, objects)
    match edit:
        case Add():
            _check_new_ids(labels, edit.target, edit.made.new_id)
            _check_in_plane(labels, edit.made.pixels)
        case Delete():
            check_there(edit.target, edit.object_id, labels)
        case Merge():
            for object_id in edit.object_ids:
                check_there(edit.target, object_id, labels)
            _check_new_ids(labels, edit.target, edit.new_id)
            if edit.bridge is not None:
                _check_in_plane(labels, edit.bridge)
        case Split():
            check_there(edit.target, edit.object_id, labels)
            _check_new_ids(labels, edit.target, *(part.new_id for part in edit.parts))
            for part in edit.parts:
                _check_part(labels, edit.target, edit.object_id, part.pixels)
        case Reshape():
            check_there(edit.target, edit.object_id, labels)
            _check_in_plane(labels, edit.pixels)
    return labels


def check_call(call: CallEdit, fibers: Objects, nuclei: Objects, said: Calls) -> None:
    """Check that something can be said of an object or area.

    Raises
    ------
    CorrectionError
        When the object or the fiber it names is not there, or a nucleus outside of fibers gets a place inside one.
    """
    match call:
        case SetOrigin():
            check_there(Target.NUCLEUS, call.nucleus_id, nuclei)
        case SetLocation():
            check_there(Target.NUCLEUS, call.nucleus_id, nuclei)
            if call.fiber_after is not None:
                check_there(Target.FIBER, call.fiber_after, fibers)
        case SetPosition():
            check_there(Target.NUCLEUS, call.nucleus_id, nuclei)
            _check_in_fiber(call, said, fibers)
        case Accept() | Reject():
            check_there(call.target, call.object_id, fibers if call.target is Target.FIBER else nuclei)
        case ExcludeRegion() | IncludeRegion():
            pass  # an area may lie anywhere: where no object is, it decides about none


def check_there(target: Target, object_id: int, objects: Objects) -> None:
    """Check that an object is there.

    Raises
    ------
    CorrectionError
        When it is not.
    """
    if objects is None or object_id not in objects.boxes:
        raise CorrectionError(
            f"there is no {target} {object_id}",
            remedy=f"Choose a {target} that is shown; an edit may have removed this one or given it another number",
        )


def _labels_of(target: Target, objects: Objects) -> EditedLabels:
    if isinstance(objects, FixedObjects):
        raise CorrectionError(
            objects.because,
            remedy=f"Say what the {target} is (origin, location, position), accept it, or reject it with a reason",
        )
    if objects is None:
        raise CorrectionError(
            f"this result has no {target} labels to edit",
            remedy=f"Run the slide with {target} outlines first",
        )
    return objects


def _check_new_ids(labels: EditedLabels, target: Target, *new_ids: int) -> None:
    used = [new_id for new_id in new_ids if new_id < labels.next_id]
    if used:
        raise CorrectionError(
            f"the number {used[0]} of a new {target} was used before",
            remedy=f"Number new objects from {labels.next_id} on",
        )


def _check_in_plane(labels: EditedLabels, pixels: Pixels) -> None:
    height, width = labels.shape
    box = pixels.box
    if box.y1 > height or box.x1 > width:
        raise CorrectionError(
            f"pixels lie outside of the plane of {height} x {width} px",
            where=f"pixels up to y {box.y1 - 1}, x {box.x1 - 1}",
            remedy="Draw inside the image",
        )


def _check_part(labels: EditedLabels, target: Target, object_id: int, part: Pixels) -> None:
    box, whole = part.box, labels.boxes[object_id]
    if box.union(whole) == whole and _covers(labels, object_id, part, box):
        return
    raise CorrectionError(
        f"a part lies outside of the {target} {object_id} that is split",
        remedy=f"Split the {target} along a line across it, or reshape the parts afterwards",
    )


def _covers(labels: EditedLabels, object_id: int, part: Pixels, box: Region) -> bool:
    return bool((labels.read(box)[part.to_mask(box)] == object_id).all())


def _check_in_fiber(call: SetPosition, said: Calls, fibers: Objects) -> None:
    # The machine gives a position to nuclei in fibers only, so that the one it gave tells where it saw the nucleus.
    place = said.place_of(call.nucleus_id, fibers.boxes if fibers else ())
    is_in_fiber = place[0] is Location.IN_FIBER if place else call.before is not None
    if not is_in_fiber:
        raise CorrectionError(
            f"nucleus {call.nucleus_id} lies in no fiber, so it is neither central nor peripheral",
            remedy="Say first which fiber it lies in",
        )
