"""Columns of the queue: what is shown of an object, in which units, told as in the tables of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from myograft.model.column import Column
from myograft.model.columns import COLUMNS, TableName
from myograft.model.correction import Target

TABLE_OF = {Target.FIBER: TableName.FIBERS, Target.NUCLEUS: TableName.NUCLEI}
KEY_OF = {Target.FIBER: "fiber_id", Target.NUCLEUS: "nucleus_id"}

_BY_NAME = {target: {column.name: column for column in COLUMNS[table]} for target, table in TABLE_OF.items()}

#: Units as people write them.
_SHOWN_UNIT = {"um^2": "µm²", "um": "µm", "um^3": "µm³", "mm^2": "mm²", "1": ""}


@dataclass(frozen=True, eq=False)
class QueueColumn:
    """One column of the queue; each is itself only, and a key of tables.

    Parameters
    ----------
    title
        Heading without unit.
    meaning
        What it says, where it is not a column of a table.
    names
        Column of the fibers and of the nuclei table it shows; empty for what the queue itself knows.
    digits
        Decimals.
    """

    title: str
    meaning: str = ""
    names: Mapping[Target, str] = field(default_factory=dict)
    digits: int = 2

    @property
    def heading(self) -> str:
        """Title with unit."""
        units = {shown_unit(column_of(target, name)) for target, name in self.names.items()} - {""}
        return f"{self.title} [{units.pop()}]" if units else self.title

    @property
    def tooltip(self) -> str:
        """What the column says, for fibers and for nuclei."""
        meanings = [f"{target}: {column_of(target, name).meaning}" for target, name in self.names.items()]
        return "\n".join(meanings) or self.meaning


WHAT = QueueColumn("What", "Fiber or nucleus.")
NUMBER = QueueColumn("No.", "Number in the labels and in the tables.", digits=0)
WHY = QueueColumn("Why", "Why it is in the queue; all reasons are above.")
STATE = QueueColumn("State", "Open, read, or edited by a reader.")
ORIGIN = QueueColumn(
    "Origin", "Donor or host as it stands now; a question mark where it is near the threshold."
)
CALL = QueueColumn("Your call", "What you said: donor, host or undecided.")
LOCATION = QueueColumn("Location", names={Target.NUCLEUS: "location"})
SCORE = QueueColumn("Score", names={Target.NUCLEUS: "donor_score"}, digits=1)
P_DONOR = QueueColumn("P donor", names={Target.NUCLEUS: "p_donor"})
SIZE = QueueColumn("Area", names={Target.FIBER: "csa_um2", Target.NUCLEUS: "area_um2"}, digits=0)
OUTLINE = QueueColumn("P outline", names=dict.fromkeys(Target, "outline_probability"))

SHOWN = (WHAT, NUMBER, WHY, STATE, ORIGIN, P_DONOR, SCORE, LOCATION, SIZE, OUTLINE)
SHOWN_BLINDED = (NUMBER, STATE, CALL, SIZE)


def column_of(target: Target, name: str) -> Column:
    """Return what the column dictionary says of a column."""
    return _BY_NAME[target][name]


def shown_unit(column: Column) -> str:
    """Return a unit as it is shown, empty for counts, ratios, texts and flags.

    Examples
    --------
    >>> shown_unit(column_of(Target.FIBER, "csa_um2"))
    'µm²'
    """
    return _SHOWN_UNIT.get(column.unit, column.unit)
