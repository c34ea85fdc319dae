"""How a table becomes a Parquet and a CSV file, the same bytes for the same table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from myograft.errors import ResultError
from myograft.model.column import Column, Kind
from myograft.model.columns import COLUMNS, TableName
from myograft.model.provenance import FORMAT_VERSION
from myograft.model.table import Table
from myograft.write.atomic import replace_file

#: Rows of one Parquet row group; fixed, because the cut shows in the bytes.
ROW_GROUP_ROWS_N = 65_536

_TABLE_KEY = b"myograft.table"
_VERSION_KEY = b"myograft.format_version"
_ARROW_OF_KIND: dict[Kind, Any] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.FLAG: pa.bool_(),
}
_REMEDY = "Run the slide again with this version of myograft"


def write_table(table: Table, folder: Path, stem: str | None = None) -> None:
    """Write ``<name>.parquet`` and ``<name>.csv``, each whole or not at all.

    Parquet carries unit and description of each column in the field metadata. In CSV null is empty (an empty
    text is ``""``), flags are ``true`` and ``false``, and numbers have the fewest digits that read back alike.
    Neither file holds a time, a path or a machine's name: identical tables give identical bytes.

    Parameters
    ----------
    table
        What to write.
    folder
        Where to; made when it is missing.
    stem
        Name of the files where it is not the table's: of several such tables in one folder.

    Raises
    ------
    OutputError
        When a file cannot be written.
    """
    arrow, stem = _to_arrow(table), stem or str(table.name)
    with replace_file(folder / f"{stem}.parquet") as draft:
        pq.write_table(arrow, draft, row_group_size=ROW_GROUP_ROWS_N, compression="zstd", compression_level=3)
    with replace_file(folder / f"{stem}.csv") as draft:
        pa_csv.write_csv(arrow, draft, pa_csv.WriteOptions(quoting_style="needed", quoting_header="none"))


def read_table(path: Path) -> Table:
    """Read a Parquet file that :func:`write_table` wrote.

    Parameters
    ----------
    path
        The Parquet file.

    Raises
    ------
    ResultError
        When the file is missing, broken, no table of myograft or of a newer format.
    """
    try:
        # Not `pq.read_table`: it imports pandas, which takes longer than the table.
        with pq.ParquetFile(path) as file:
            arrow = file.read()
    except FileNotFoundError as error:
        raise ResultError("the table is missing", where=str(path), remedy=_REMEDY) from error
    except (OSError, pa.ArrowException) as error:
        raise ResultError(f"the table cannot be read: {error}", where=str(path), remedy=_REMEDY) from error
    name = _name_of(arrow, path)
    columns = {column.name: column for column in COLUMNS[name]}
    unknown = [
        field.name
        for field in arrow.schema
        if field.name not in columns or field.type != _ARROW_OF_KIND[columns[field.name].kind]
    ]
    if unknown:
        raise ResultError(f"unknown columns {', '.join(unknown)}", where=str(path), remedy=_REMEDY)
    return Table(
        name, {field.name: _from_arrow(arrow[field.name], columns[field.name]) for field in arrow.schema}
    )


def _to_arrow(table: Table) -> Any:
    arrays, fields = [], []
    for column in COLUMNS[table.name]:
        values = table[column.name]
        kind = _ARROW_OF_KIND[column.kind]
        arrays.append(pa.array(np.ma.getdata(values), type=kind, mask=np.ma.getmaskarray(values)))
        metadata = {"unit": column.unit, "description": column.meaning}
        fields.append(pa.field(column.name, kind, nullable=True, metadata=metadata))
    about = {_TABLE_KEY: str(table.name).encode(), _VERSION_KEY: json.dumps(FORMAT_VERSION).encode()}
    return pa.table(arrays, schema=pa.schema(fields, metadata=about))


def _from_arrow(values: Any, column: Column) -> np.ma.MaskedArray[Any, Any]:
    filler = {Kind.TEXT: "", Kind.INTEGER: 0, Kind.REAL: 0.0, Kind.FLAG: False}[column.kind]
    return np.ma.MaskedArray(
        values.fill_null(filler).to_numpy(zero_copy_only=False),
        mask=values.is_null().to_numpy(zero_copy_only=False),
    )


def _name_of(arrow: Any, path: Path) -> TableName:
    metadata = arrow.schema.metadata or {}
    try:
        name = TableName(metadata[_TABLE_KEY].decode())
        version = int(metadata[_VERSION_KEY])
    except (KeyError, ValueError) as error:
        raise ResultError("not a table of myograft", where=str(path), remedy=_REMEDY) from error
    if version > FORMAT_VERSION:
        raise ResultError(
            f"the table has format {version}, this version reads up to {FORMAT_VERSION}",
            where=str(path),
            remedy="Update myograft",
        )
    return name
