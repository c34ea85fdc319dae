"""Rows of a table that are taken column by column are those that are taken at once."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myograft.model.columns import TableName
from myograft.model.table import Table, from_rows

ORIGINS = st.sampled_from(["donor", "host", None])


def nuclei(origins):
    return from_rows(
        TableName.NUCLEI, [{"nucleus_id": 1 + k, "origin": origin} for k, origin in enumerate(origins)]
    )


@given(st.lists(st.tuples(ORIGINS, st.booleans()), min_size=1, max_size=20))
def test_where_is_select(rows):
    table, chosen = nuclei([origin for origin, _ in rows]), np.array([kept for _, kept in rows])
    assert table.where(chosen).rows() == table.select(chosen).rows()
    part = table.where(chosen)
    changed = part.replace(origin=np.ma.MaskedArray(["host"] * len(part)))
    assert (
        changed.rows() == table.select(chosen).replace(origin=np.ma.MaskedArray(["host"] * len(part))).rows()
    )
    assert changed.has("origin", "host").all()
    assert part.rows() == table.select(chosen).rows()
    again = pickle.loads(pickle.dumps(part))  # noqa: S301 - our own
    assert again.rows() == part.rows()
    assert isinstance(again.columns, dict)


@given(st.lists(st.tuples(ORIGINS, st.booleans()), min_size=1, max_size=20))
def test_what_a_column_has(rows):
    table, chosen = nuclei([origin for origin, _ in rows]), np.array([kept for _, kept in rows])
    expected = np.array([origin == "donor" for origin, _ in rows])
    for _ in range(2):
        assert np.array_equal(table.where(chosen).has("origin", "donor"), expected[chosen])
        assert np.array_equal(table.has("origin", "donor"), expected)
    with pytest.raises(ValueError, match="read-only"):
        table.has("origin", "donor")[0] = True


def test_of_a_table_without_rows_nothing_has_a_value():
    assert Table(TableName.NUCLEI, {}).has("origin", "donor").shape == (0,)


def test_nobody_writes_to_the_columns_of_a_table():
    """Tables share columns, and `filled` returns the column itself where nothing is null."""
    table, chosen = nuclei(["donor", "host"]), np.array([True, True])
    other = table.replace(origin=np.ma.MaskedArray(["host", "host"]))
    for part in (table, other, table.where(chosen), table.select(chosen), table.put([0], other.select([1]))):
        for values in (part["nucleus_id"], part["nucleus_id"].filled(), part["origin"].data):
            with pytest.raises(ValueError, match="read-only"):
                values[0] = 7
