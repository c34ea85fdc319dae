"""One family of errors: each says what happened, where, and what to do next."""

from __future__ import annotations


class MyograftError(Exception):
    """A problem the user can act on; shown as one sentence, never as a traceback.

    Parameters
    ----------
    what
        What happened, as a sentence without the final period.
    where
        File, channel, tile or configuration line the sentence is about.
    remedy
        What the user can do next, as a sentence without the final period.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what.rstrip(".")
        self.where = where
        self.remedy = remedy.rstrip(".") if remedy else None
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The whole message: place, event and remedy."""
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.remedy}." if self.remedy else ""
        return f"{place}{self.what}.{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip from a worker process, keyword arguments included."""
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[MyograftError], what: str, where: str | None, remedy: str | None) -> MyograftError:
    return kind(what, where=where, remedy=remedy)


class UsageError(MyograftError):
    """The command or a setting is wrong: exit code 2."""


class ConfigError(UsageError):
    """A configuration file, preset or ``--set`` cannot be used."""


class InputError(MyograftError):
    """An input file is missing, broken or not what the run needs."""


class CalibrationError(InputError):
    """The pixel size is unknown, implausible or contradictory."""


class ChannelError(InputError):
    """A channel that a role needs is absent or ambiguous."""


class LabelsError(InputError):
    """Given labels do not fit the image."""


class OutputError(MyograftError):
    """A result cannot be written, or one is there that must not be overwritten."""


class CapacityError(OutputError):
    """There is too little memory or disk to make a result; nothing was begun."""


class SegmentationError(MyograftError):
    """A segmentation could not be computed on a tile or a plane."""


class IncompleteError(MyograftError):
    """Some tiles of a slide could not be worked on; all others are done and kept: exit code 3."""


class ClusterError(MyograftError):
    """Workers, a scheduler or other shards are not there."""


class ResultError(MyograftError):
    """A finished result is missing, incomplete or from another version."""


class CorrectionError(MyograftError):
    """An edit that cannot be made."""


class JournalError(ResultError):
    """A journal is broken, was edited by hand, or belongs to another result."""


class LockedError(OutputError):
    """Somebody else writes this result just now."""
