"""Which key does what in a review: as data, with what each does in words; readers may choose other keys in a file."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from platformdirs import user_config_path

from myograft.errors import ConfigError


class Action(StrEnum):
    """What a key can do."""

    NEXT = "next"
    PREVIOUS = "previous"
    CENTER = "center"
    ACCEPT = "accept"
    DONOR = "donor"
    HOST = "host"
    UNDECIDED = "undecided"
    IN_FIBER = "in_fiber"
    BETWEEN = "between"
    CENTRAL = "central"
    PERIPHERAL = "peripheral"
    COMMENT = "comment"
    MERGE = "merge"
    SPLIT = "split"
    DRAW = "draw"
    PAINT = "paint"
    COMMIT = "commit"
    DELETE = "delete"
    EXCLUDE = "exclude"
    REJECT = "reject"
    QUESTION = "question"
    SETTLE = "settle"
    CANCEL = "cancel"
    UNDO = "undo"
    REDO = "redo"
    OUTLINES = "outlines"
    BEFORE = "before"
    SIGN_OFF = "sign_off"
    HELP = "help"


@dataclass(frozen=True)
class ActionInfo:
    """What an action is to the reader.

    Parameters
    ----------
    title
        On its button.
    meaning
        In the help page, as a sentence without the final period.
    keys
        Where the reader has chosen none.
    is_repeated
        Whether it goes on while the key is held; never what changes anything.
    is_while_painting
        Whether the key works while an edit window is open, where most keys are napari's own for painting.
    """

    title: str
    meaning: str
    keys: tuple[str, ...]
    is_repeated: bool = False
    is_while_painting: bool = False


ACTIONS: Mapping[Action, ActionInfo] = {
    Action.NEXT: ActionInfo("Next", "Go to the next object to read", ("N", "Right"), is_repeated=True),
    Action.PREVIOUS: ActionInfo("Previous", "Go back to the one before", ("B", "Left"), is_repeated=True),
    Action.CENTER: ActionInfo("Center", "Show the current object with what is around it", ("C",)),
    Action.ACCEPT: ActionInfo("Accept", "Confirm the object and all that is said about it", ("Space",)),
    Action.DONOR: ActionInfo("Donor", "Call the nucleus a donor's", ("D",)),
    Action.HOST: ActionInfo("Host", "Call the nucleus the host's", ("H",)),
    Action.UNDECIDED: ActionInfo("Undecided", "Say that nobody can tell whose nucleus it is", ("U",)),
    Action.IN_FIBER: ActionInfo(
        "In fiber",
        "Say that the nucleus lies in the fiber under the mouse, or in one that is proposed",
        ("I",),
    ),
    Action.BETWEEN: ActionInfo("Between", "Say that the nucleus lies between fibers", ("G",)),
    Action.CENTRAL: ActionInfo("Central", "Say that the nucleus lies inside its fiber, off the rim", ("J",)),
    Action.PERIPHERAL: ActionInfo("Peripheral", "Say that the nucleus lies at the rim of its fiber", ("K",)),
    Action.COMMENT: ActionInfo(
        "Comment", "Write a comment; it goes with the next edit, Return leads back", ("Return",)
    ),
    Action.MERGE: ActionInfo(
        "Merge", "Merge with a neighbor: the nearest is proposed, Next shows another, Merge confirms", ("M",)
    ),
    Action.SPLIT: ActionInfo("Split", "Cut the object along a line drawn with the mouse", ("S",)),
    Action.DRAW: ActionInfo("Draw", "Draw around an object that is missing, with the mouse", ("W",)),
    Action.PAINT: ActionInfo("Paint", "Open the edit window to paint outlines in", ("P",)),
    Action.COMMIT: ActionInfo(
        "Commit", "Make corrections of what was painted", ("Ctrl+Return",), is_while_painting=True
    ),
    Action.DELETE: ActionInfo("Delete", "Remove the object", ("X", "Delete")),
    Action.EXCLUDE: ActionInfo(
        "Leave out area", "Choose a reason, then draw around what is not to be measured", ("E",)
    ),
    Action.REJECT: ActionInfo(
        "Reject", "Choose a reason, and leave the object out of what is measured", ("R",)
    ),
    Action.QUESTION: ActionInfo(
        "Question", "Go to the next question that another run or reader left open", ("Q",)
    ),
    Action.SETTLE: ActionInfo(
        "Settled",
        "Say that the question is settled: by your edits, or because nothing needs to change",
        ("Shift+Q",),
    ),
    Action.CANCEL: ActionInfo("Cancel", "Draw or merge nothing", ("Escape",)),
    Action.UNDO: ActionInfo("Undo", "Take the last edit back, also one of an earlier session", ("Ctrl+Z",)),
    Action.REDO: ActionInfo("Redo", "Put it in force again", ("Ctrl+Shift+Z",)),
    Action.OUTLINES: ActionInfo("Outlines", "Show outlines only, or objects filled", ("O",)),
    Action.BEFORE: ActionInfo("Before/after", "Show outlines and calls as the machine left them", ("T",)),
    Action.SIGN_OFF: ActionInfo("Sign off", "Sign for everything up to here", ("F9",)),
    Action.HELP: ActionInfo("Help", "Show this page", ("F1", "?"), is_while_painting=True),
}

#: What our keys do in napari 0.9 where no review is open; during a review they are ours, whatever layer is selected.
TAKEN_FROM_NAPARI: Mapping[str, str] = {
    "Space": "hold to pan and zoom",
    "Right": "next slice of a stack",
    "Left": "previous slice of a stack",
    "B": "labels: keep other labels while painting; shapes: to the back",
    "C": "image: contrast from what is seen",
    "D": "shapes: select corners",
    "M": "labels: new label",
    "S": "points and shapes: select",
    "P": "labels, points, shapes: paint, add points, add polygons",
    "X": "labels: swap with background; image: plane along x; shapes: remove corners",
    "Delete": "points and shapes: delete selected",
    "I": "shapes: insert corners",
    "E": "labels: erase; shapes: ellipse",
    "R": "shapes: rectangle",
    "T": "shapes: path",
    "O": "image: plane along the view",
    "Return": "labels and shapes: finish a polygon",
    "Escape": "labels and shapes: end a polygon",
    "Ctrl+Z": "labels: take a stroke back",
    "Ctrl+Shift+Z": "labels: make the stroke again",
}

KEYS_FILE = "keys.yaml"

_MODIFIERS = ("Ctrl", "Alt", "Shift", "Meta")
_NAMED = [
    "Space",
    "Left",
    "Right",
    "Up",
    "Down",
    "Delete",
    "Backspace",
    "Return",
    "Escape",
    "Tab",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Insert",
] + [f"F{number}" for number in range(1, 13)]
_NAME_OF = {name.lower(): name for name in (*_NAMED, *_MODIFIERS)} | {
    "control": "Ctrl",
    "enter": "Return",
    "esc": "Escape",
    "del": "Delete",
}

KeyMap = Mapping[Action, tuple[str, ...]]


def default_keys() -> KeyMap:
    """Return the keys that hold where the reader has chosen none."""
    return {action: info.keys for action, info in ACTIONS.items()}


def keys_path() -> Path:
    """Return where a reader's own keys are: ``keys.yaml`` in the user's configuration folder."""
    return user_config_path("myograft", appauthor=False) / KEYS_FILE


def load_keys(path: Path | None = None) -> KeyMap:
    """Return the keys of a reader: the usual ones, changed by a file where there is one.

    Parameters
    ----------
    path
        YAML file: an action, and its key or a list of keys (``donor: F``, ``delete: [X, Backspace]``, ``split: []``);
        None for `keys_path`.

    Raises
    ------
    ConfigError
        Names file and line of what cannot be used.
    """
    path = keys_path() if path is None else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return default_keys()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"the keys cannot be read ({problem})", where=str(path), remedy="Mend the file or remove it"
        ) from None
    keys = {**default_keys(), **_chosen(text, path)}
    _check_once(keys, path)
    return keys


def normal_key(text: str) -> str | None:
    """Return a key as it is written here, None where there is no such key.

    Examples
    --------
    >>> normal_key("control-shift-z"), normal_key("esc"), normal_key("d"), normal_key("Banana")
    ('Ctrl+Shift+Z', 'Escape', 'D', None)
    """
    *modifiers, last = _parts(text.strip())
    named = [_NAME_OF.get(modifier.lower(), "") for modifier in modifiers]
    key = last.upper() if len(last) == 1 and last.isprintable() else _NAME_OF.get(last.lower(), "")
    if not key.strip() or key in _MODIFIERS or len(set(named)) < len(named) or set(named) - set(_MODIFIERS):
        return None
    return "+".join([*(modifier for modifier in _MODIFIERS if modifier in named), key])


def _parts(text: str) -> list[str]:
    """Split at + or -, of which the last character may be one itself."""
    head, last = text[:-1], text[-1:]
    parts = head.replace("-", "+").split("+")
    return [*parts[:-1], parts[-1] + last]


def _chosen(text: str, path: Path) -> dict[Action, tuple[str, ...]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        raise ConfigError(
            "this is not YAML",
            where=f"{path}{line}",
            remedy="Write one action and its key a line: 'donor: F'",
        ) from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _bad(path, root, "keys are given by action", "Write one action and its key a line: 'donor: F'")
    chosen: dict[Action, tuple[str, ...]] = {}
    for name, value in root.value:
        action = _action(path, name)
        if action in chosen:
            raise _bad(path, name, f"'{action}' is there twice", "Give all its keys in one list")
        chosen[action] = _keys(path, action, value)
    return chosen


def _action(path: Path, node: yaml.Node) -> Action:
    if node.value in tuple(Action):
        return Action(node.value)
    near = difflib.get_close_matches(str(node.value), list(Action), n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"Choose of: {', '.join(Action)}"
    raise _bad(path, node, f"there is no action '{node.value}'", hint)


def _keys(path: Path, action: Action, node: yaml.Node) -> tuple[str, ...]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    keys = []
    for each in nodes:
        key = normal_key(each.value) if isinstance(each, yaml.ScalarNode) and each.value else None
        if key is None:
            shown = each.value if isinstance(each, yaml.ScalarNode) else "this"
            raise _bad(
                path, each, f"'{shown}' is no key for '{action}'", "Write for example D, Ctrl+Z, F2, Space"
            )
        keys.append(key)
    return tuple(keys)


def _check_once(keys: KeyMap, path: Path) -> None:
    counts = Counter(key for mine in keys.values() for key in mine)
    for key, count in counts.items():
        if count > 1:
            actions = [f"'{action}'" for action, mine in keys.items() if key in mine]
            raise ConfigError(
                f"the key {key} has two meanings: {' and '.join(actions)}",
                where=str(path),
                remedy=f"Give {actions[-1]} another key, or none with []",
            )


def _bad(path: Path, node: yaml.Node, what: str, remedy: str) -> ConfigError:
    return ConfigError(what, where=f"{path}, line {node.start_mark.line + 1}", remedy=remedy)
