"""Tables come back as they were, in both formats, and the same table gives the same bytes."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from myograft.errors import ResultError
from myograft.model.column import Kind
from myograft.model.columns import COLUMNS, TableName
from myograft.model.table import Table, from_rows
from myograft.write import read_table, write_table

VALUES = {
    Kind.TEXT: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.REAL: st.floats(allow_nan=False, allow_infinity=False),
    Kind.FLAG: st.booleans(),
}


@st.composite
def tables(draw):
    name = draw(st.sampled_from(TableName))
    row = st.fixed_dictionaries({column.name: st.none() | VALUES[column.kind] for column in COLUMNS[name]})
    return from_rows(name, draw(st.lists(row, max_size=3)))


def read_csv(path: Path, name: TableName):
    """Read by the standard library alone; texts that need it are quoted, null and empty text differ on disk only."""
    parse = {Kind.INTEGER: int, Kind.REAL: float, Kind.FLAG: {"true": True, "false": False}.__getitem__}
    kinds = {column.name: column.kind for column in COLUMNS[name]}
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {
                column: text if kinds[column] is Kind.TEXT else parse[kinds[column]](text) if text else None
                for column, text in row.items()
            }
            for row in csv.DictReader(lines)
        ]


@settings(max_examples=40, deadline=None)
@given(tables())
@example(Table(TableName.NUCLEI, {}))
def test_round_trip(table):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(table, folder)
        rows = read_table(folder / f"{table.name}.parquet").rows()
        texts = [column.name for column in COLUMNS[table.name] if column.kind is Kind.TEXT]
        assert rows == table.rows()
        # equal also in the sign of zero
        assert [repr(row) for row in rows] == [repr(row) for row in table.rows()]
        blank = [{**row, **{text: row[text] or "" for text in texts}} for row in rows]
        assert read_csv(folder / f"{table.name}.csv", table.name) == blank


ROWS = [
    {"slide_id": "a", "section_id": "1", "fiber_id": 1, "csa_um2": 0.1 + 0.2, "touches_edge": True},
    {"slide_id": 'b,"c"', "section_id": "", "fiber_id": 2, "csa_um2": None, "touches_edge": False},
]


def test_two_writes_are_byte_identical(tmp_path):
    for folder in ("one", "two"):
        write_table(from_rows(TableName.FIBERS, ROWS), tmp_path / folder)
    for file in ("fibers.parquet", "fibers.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["fibers.csv", "fibers.parquet"]


def test_what_lies_under_a_mask_does_not_show_in_the_bytes(tmp_path):
    for folder, hidden in (("one", 7.0), ("two", 8.0)):
        values = np.ma.MaskedArray([1.0, hidden], mask=[False, True])
        write_table(Table(TableName.FIBERS, {"csa_um2": values}), tmp_path / folder)
    assert (tmp_path / "one" / "fibers.parquet").read_bytes() == (
        tmp_path / "two" / "fibers.parquet"
    ).read_bytes()


def test_parquet_carries_units_and_descriptions(tmp_path):
    write_table(from_rows(TableName.FIBERS, ROWS), tmp_path)
    file = pq.ParquetFile(tmp_path / "fibers.parquet")
    assert file.schema_arrow.names == [column.name for column in COLUMNS[TableName.FIBERS]]
    for column in COLUMNS[TableName.FIBERS]:
        metadata = file.schema_arrow.field(column.name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"description"].decode() == column.meaning
        assert str(file.schema_arrow.field(column.name).type) == column.kind.value
    assert file.schema_arrow.metadata[b"myograft.table"] == b"fibers"
    assert file.schema_arrow.metadata[b"myograft.format_version"] == b"1"
    assert {file.metadata.row_group(0).column(i).compression for i in range(3)} == {"ZSTD"}
    file.close()


def test_csv_as_text(tmp_path):
    write_table(from_rows(TableName.FIBERS, ROWS), tmp_path)
    lines = (tmp_path / "fibers.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("slide_id,section_id,fiber_id,")
    assert lines[1].startswith('"a","1",1,,,0.30000000000000004,')
    assert lines[2].startswith('"b,""c""","",2,,,,')
    assert ",true," in lines[1]


def test_missing_file(tmp_path):
    with pytest.raises(ResultError, match=r"the table is missing\. Run the slide again"):
        read_table(tmp_path / "fibers.parquet")


def test_half_a_file(tmp_path):
    write_table(from_rows(TableName.FIBERS, ROWS), tmp_path)
    path = tmp_path / "fibers.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ResultError, match="the table cannot be read"):
        read_table(path)


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({}, "not a table of myograft"),
        ({"myograft.table": "teeth", "myograft.format_version": "1"}, "not a table of myograft"),
        ({"myograft.table": "fibers", "myograft.format_version": "99"}, "the table has format 99"),
        ({"myograft.table": "fibers", "myograft.format_version": "1"}, "unknown columns tooth"),
    ],
)
def test_other_tables_are_refused(tmp_path, metadata, sentence):
    path = tmp_path / "fibers.parquet"
    pq.write_table(pa.table({"tooth": [1]}).replace_schema_metadata(metadata), path)
    with pytest.raises(ResultError, match=sentence):
        read_table(path)
