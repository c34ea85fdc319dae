"""What a review adds to a napari viewer: stains, objects by class, the current one, excluded areas, a scale bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from myograft.api import Change, Result, Review
from myograft.model.channels import Role
from myograft.model.correction import ExcludeRegion, IncludeRegion, Redo, Target, Undo
from napari_myograft.camera import FILLED_PART, jump, pixel_of, read_now, seen
from napari_myograft.drawn_apart import draw_apart
from napari_myograft.label_layers import LabelLayer, has_labels
from napari_myograft.layers import image_layers
from napari_myograft.marks import Marks, outlines_of
from napari_myograft.object_classes import Coloring
from napari_myograft.said import Said

OnPick = Callable[[Target, int], None]

#: Stains shown at first; autofluorescence and others are a click away.
_SHOWN_ROLES = (Role.SARCOLEMMA, Role.NUCLEI, Role.DONOR_NUCLEUS)

_OPACITY_OF_ROLE: Mapping[Role | None, float] = {Role.SARCOLEMMA: 0.6, Role.NUCLEI: 0.8}

#: A nucleus lies over its fiber, so a click means the nucleus.
_PICK_ORDER = (Target.NUCLEUS, Target.FIBER)

#: A press that moved less than this on the screen is a click.
_CLICK_SCREEN_PX = 4.0


class ReviewCanvas:
    """The layers of a review in a viewer, kept true to every change.

    Parameters
    ----------
    viewer
        The napari viewer.
    review
        The review.
    result
        What it is a review of.
    on_pick
        Told which object was clicked.
    """

    def __init__(self, viewer: Any, review: Review, result: Result, on_pick: OnPick) -> None:
        self.viewer, self.review, self.result = viewer, review, result
        self.pixel_size_um = result.pixel_size_um
        self._on_pick = on_pick
        self._said = Said(review)
        self._is_machine_shown = False
        self.channels = self._add_channels()
        targets = [target for target in Target if has_labels(result, target)]
        self.labels = {target: self._add_labels(LabelLayer(review, result, target)) for target in targets}
        self._machine: dict[Target, LabelLayer] = {}
        self.marks = Marks(viewer, self.pixel_size_um)
        self._show_areas()
        self._current: tuple[Target, int] | None = None
        self.is_picking = True
        viewer.mouse_drag_callbacks.append(self._click)
        viewer.canvas.overlays["scale_bar"].visible = True
        viewer.layers.selection.active = None

    def follow(self, change: Change) -> None:
        """Show what an edit changed, and nothing else."""
        touched = change.touched
        parts = {
            Target.FIBER: (touched.fiber_region, touched.fiber_ids),
            Target.NUCLEUS: (touched.nucleus_region, touched.nucleus_ids),
        }
        for target, (region, ids) in parts.items():
            if target in self.labels:
                self.labels[target].follow(region, ids)
        if isinstance(change.entry.correction, (ExcludeRegion, IncludeRegion, Undo, Redo)):
            self._show_areas()
        if self._current is not None and parts[self._current[0]][0] is not None:
            self.highlight(*self._current)

    @contextmanager
    def drawn_at_the_end(self) -> Iterator[None]:
        """Read changed labels when all that an edit leads to is done: where it ends elsewhere they are read anyway."""
        with ExitStack() as held:
            for shown in self.labels.values():
                held.enter_context(shown.held())
            yield

    def read_again(self) -> None:
        """Show everything as it is now: after an edit of which only the first part was made."""
        for shown in self.labels.values():
            shown.read_again()
        self._show_areas()

    def highlight(self, target: Target | None, object_id: int = 0) -> None:
        """Outline the current object; None for none, and an object that is gone is not outlined."""
        self._current = None if target is None else (target, object_id)
        if target not in self.labels or not self._is_there(target, object_id):
            self.marks.show_current(())
            return
        box = self.review.box_of(target, object_id)
        self.marks.show_current(outlines_of(self.labels[target].tiles, object_id, box))

    def jump(self, target: Target, object_id: int, *, filled_part: float = FILLED_PART) -> None:
        """Show an object with what is around it."""
        jump(self.viewer, self.review.box_of(target, object_id), self.pixel_size_um, filled_part=filled_part)
        read_now(self.viewer)

    def set_outlined(self, *, is_outlined: bool) -> None:
        """Show rims of objects, or objects filled."""
        for shown in (*self.labels.values(), *self._machine.values()):
            shown.set_outlined(is_outlined=is_outlined)

    def set_coloring(self, target: Target, coloring: Coloring) -> None:
        """Tell objects apart by something else."""
        for shown in (self.labels, self._machine):
            if target in shown:
                shown[target].set_coloring(coloring)

    @property
    def is_machine_shown(self) -> bool:
        """Whether labels and calls are those from before the review."""
        return self._is_machine_shown

    def show_machine(self, *, is_machine: bool) -> None:
        """Show the machine's labels and calls instead of the reviewed ones, or these again."""
        self._is_machine_shown = is_machine
        for target, reviewed in self.labels.items():
            if is_machine and target not in self._machine:
                self._machine[target] = self._add_machine(reviewed)
            if target in self._machine:
                self._machine[target].layer.visible = is_machine
            reviewed.layer.visible = not is_machine

    def object_at(self, y_px: float, x_px: float) -> tuple[Target, int] | None:
        """Return the object at a point in px of full resolution, a nucleus before its fiber; None for none."""
        for target in _PICK_ORDER:
            if target in self.labels and self.labels[target].layer.visible | self._is_machine_shown:
                number = self.labels[target].object_at(y_px, x_px)
                if number:
                    return target, number
        return None

    def fiber_under_mouse(self) -> int | None:
        """Return the fiber that the mouse is over, also below a nucleus; None where it is over none."""
        if not self.viewer.mouse_over_canvas or Target.FIBER not in self.labels:
            return None
        place = pixel_of(self.viewer.cursor.position, self.pixel_size_um)
        return self.labels[Target.FIBER].object_at(*place) or None

    @property
    def seen_px(self) -> Any:
        """The part of the slide that is seen, as a region in px."""
        return seen(self.viewer, self.shape, self.pixel_size_um)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the slide in px."""
        return next(iter(self.labels.values())).tiles.shapes[0]

    def close(self) -> None:
        """Listen no longer; layers stay."""
        self.marks.close()
        if self._click in self.viewer.mouse_drag_callbacks:
            self.viewer.mouse_drag_callbacks.remove(self._click)

    def _is_there(self, target: Target, object_id: int) -> bool:
        table = self.review.fibers if target is Target.FIBER else self.review.nuclei
        return (
            table is not None and object_id in table["fiber_id" if target is Target.FIBER else "nucleus_id"]
        )

    def _add_channels(self) -> dict[str, Any]:
        result = self.result
        role_of = {index: role for role, index in result.provenance.roles.items()}
        shown = {index for index, role in role_of.items() if role in _SHOWN_ROLES}
        added = {}
        for index, (data, settings, _) in enumerate(image_layers(result)):
            name = result.channel_names[index]
            # Half-bright stains leave the colors of the outlines over them to be told apart.
            opacity = _OPACITY_OF_ROLE.get(role_of.get(index), 1.0)
            given = {"name": name, "visible": not shown or index in shown, "opacity": opacity}
            added[name] = self.viewer.add_image(data, **{**settings, **given})
            draw_apart(added[name])
        return added

    def _add_labels(self, shown: LabelLayer) -> LabelLayer:
        shown.show_in(self.viewer.add_labels(**shown.arguments(self.pixel_size_um)))
        draw_apart(shown.layer)
        return shown

    def _add_machine(self, reviewed: LabelLayer) -> LabelLayer:
        machine = LabelLayer(self.review, self.result, reviewed.target, is_machine=True)
        machine.set_coloring(reviewed.coloring)
        self._add_labels(machine)
        machine.set_outlined(is_outlined=reviewed.coded.is_outlined)
        layers = self.viewer.layers
        layers.move(layers.index(machine.layer), layers.index(reviewed.layer) + 1)
        return machine

    def _show_areas(self) -> None:
        self.marks.show_areas(self._said.areas)

    def _click(self, viewer: Any, event: Any) -> Iterator[None]:
        del viewer
        if event.button != 1 or event.modifiers or not self.is_picking:
            return
        start, has_moved = event.pos, False
        yield
        while event.type == "mouse_move":
            distance = abs(event.pos[0] - start[0]) + abs(event.pos[1] - start[1])
            has_moved = has_moved or distance > _CLICK_SCREEN_PX
            yield
        if has_moved:
            return
        found = self.object_at(*pixel_of(event.position, self.pixel_size_um))
        if found is not None:
            self._on_pick(*found)
