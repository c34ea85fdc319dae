"""The help page of a review: every key and what it does, made from the keys that are in force."""

from __future__ import annotations

from html import escape

from qtpy.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from napari_myograft.keys import ACTIONS, TAKEN_FROM_NAPARI, Action, KeyMap, keys_path

_GROUPS = {
    "Go": (Action.NEXT, Action.PREVIOUS, Action.CENTER, Action.QUESTION),
    "Say": (
        Action.ACCEPT,
        Action.DONOR,
        Action.HOST,
        Action.UNDECIDED,
        Action.IN_FIBER,
        Action.BETWEEN,
        Action.CENTRAL,
        Action.PERIPHERAL,
        Action.REJECT,
        Action.SETTLE,
        Action.COMMENT,
    ),
    "Change outlines": (
        Action.MERGE,
        Action.SPLIT,
        Action.DRAW,
        Action.DELETE,
        Action.PAINT,
        Action.COMMIT,
        Action.EXCLUDE,
        Action.CANCEL,
    ),
    "Take back": (Action.UNDO, Action.REDO),
    "Look": (Action.OUTLINES, Action.BEFORE),
    "Finish": (Action.SIGN_OFF, Action.HELP),
}

_ABOUT = """
<p>Donor calls and nuclei near the threshold come first, then outlines that look doubtful or unusual, then a random
sample, which tells how many donor nuclei are missed (<i>Random audit</i> above the table goes to it at once), then what
you drew, merged or split. Every edit is on the disk before the next one; closing the window
at any moment loses nothing, and <b>Undo</b> works on later days as well.</p>
<p>The mouse does the same: a click on an object, a row or a button.</p>
"""


def shown_key(key: str) -> str:
    """Return a key as it is written on buttons.

    Examples
    --------
    >>> shown_key("Ctrl+Shift+Z"), shown_key("Right")
    ('Ctrl+Shift+Z', '→')
    """
    arrows = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓", "Escape": "Esc"}
    return "+".join(arrows.get(part, part) for part in key.split("+")) if len(key) > 1 else key


def keys_words(keys: KeyMap, action: Action) -> str:
    """Return the keys of an action in words, empty where it has none."""
    return " or ".join(shown_key(key) for key in keys[action])


def help_html(keys: KeyMap) -> str:
    """Return the help page."""
    parts = ["<h2>Keys of the review</h2>", _ABOUT, '<table cellspacing="0" cellpadding="5">']
    for title, actions in _GROUPS.items():
        parts.append(f'<tr><td colspan="2"><h3>{title}</h3></td></tr>')
        for action in actions:
            shown = " &nbsp; ".join(f"<b>{escape(shown_key(key))}</b>" for key in keys[action]) or "no key"
            info = ACTIONS[action]
            parts.append(
                f'<tr><td style="white-space:nowrap">{shown}</td>'
                f"<td><b>{escape(info.title)}</b><br>{escape(info.meaning)}</td></tr>"
            )
    parts.append("</table>")
    used = {key for mine in keys.values() for key in mine}
    taken = [f"<b>{shown_key(key)}</b> ({what})" for key, what in TAKEN_FROM_NAPARI.items() if key in used]
    parts.append(
        f"<h3>Keys that napari uses otherwise</h3><p>While a review is open these keys are the review's: "
        f"{', '.join(taken)}. While an edit window is open they are napari's again.</p>"
        f"<h3>Other keys</h3><p>Write them to <code>{escape(str(keys_path()))}</code>, an action and its key a line, "
        f"for example <code>donor: F</code> or <code>delete: [X, Backspace]</code>. Actions: "
        f"{', '.join(f'<code>{action}</code>' for action in Action)}.</p>"
    )
    return "".join(parts)


class HelpPage(QDialog):
    """The help page in a window of its own.

    Parameters
    ----------
    keys
        The keys in force.
    parent
        Window it belongs to.
    """

    def __init__(self, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of the review")
        self.page = QTextBrowser()
        self.page.setHtml(help_html(keys))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.addWidget(self.page)
        whole.addWidget(close)
        self.resize(640, 820)
