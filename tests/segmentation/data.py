"""Records for tests: the bundles in tests/data, generated companies, and small tables made by hand."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from connectors.model import CANONICAL_SCHEMAS, ObjectKind
from segmentation import CurrencySettings, FeatureTable, Records, SegmentationSettings, compute_features

DATA = Path(__file__).parent.parent / "data"
AS_OF = date(2026, 11, 2)
USD = CurrencySettings()
FILES = {
    ObjectKind.ACCOUNT: "accounts.csv",
    ObjectKind.CONTACT: "contacts.csv",
    ObjectKind.DEAL: "opportunities.csv",
    ObjectKind.ACTIVITY: "activities.csv",
}
RENAMED = {
    "opportunity_id": "deal_id",
    "created_date": "created_at",
    "parent_account_id": "parent_id",
    "role": "title",
    "date": "occurred_on",
}


def table(kind: ObjectKind, **columns: list[object]) -> pa.Table:
    """A table in canonical columns from some of them; names that are not canonical are kept as text."""
    rows = len(next(iter(columns.values())))
    schema = CANONICAL_SCHEMAS[kind]
    canonical = [
        pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in schema
    ]
    extra = {
        name: pa.array(values, pa.string()) for name, values in columns.items() if name not in schema.names
    }
    made = pa.table(canonical, names=schema.names)
    for name, values in extra.items():
        made = made.append_column(name, values)
    return made


def records(kind: ObjectKind = ObjectKind.ACCOUNT, **tables: pa.Table) -> Records:
    """Records from tables named by their kind: `records(account=..., deal=...)`."""
    return Records(kind, {ObjectKind(name): found for name, found in tables.items()})


def features_of(found: Records, as_of: date = AS_OF, **settings: object) -> FeatureTable:
    """Features under default settings, some of them changed."""
    chosen = SegmentationSettings.model_validate({"object": found.kind.value, **settings})
    return compute_features(found, chosen, currency=USD, as_of=as_of)


def column(features: FeatureTable, name: str) -> dict[str, float | str | None]:
    """One feature by record id, None where it is missing."""
    return {record: features.value(name, at) for at, record in enumerate(features.ids.to_pylist())}


def read_bundle(folder: Path) -> Records:
    """The tables of a bundle of CSV files, in canonical columns."""
    return Records(
        ObjectKind.ACCOUNT,
        {kind: _read(folder / name, kind) for kind, name in FILES.items() if (folder / name).exists()},
    )


def _read(path: Path, kind: ObjectKind) -> pa.Table:
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    raw = arrow_csv.read_csv(
        path,
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )
    raw = raw.rename_columns([RENAMED.get(name, name) for name in header])
    columns = [
        _typed(raw.column(field.name), field.type)
        if field.name in raw.column_names
        else pa.nulls(raw.num_rows, field.type)
        for field in CANONICAL_SCHEMAS[kind]
    ]
    return pa.table(columns, schema=pa.schema([(f.name, f.type) for f in CANONICAL_SCHEMAS[kind]]))


def _typed(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_boolean(kind):
        return pc.cast(pc.utf8_lower(values), kind)
    if pa.types.is_timestamp(kind):
        return pc.cast(pc.cast(pc.utf8_slice_codeunits(values, 0, 10), pa.date32()), kind)
    return pc.cast(values, kind)


@cache
def crunchbase() -> FeatureTable:
    return features_of(read_bundle(DATA / "crunchbase_2013"), date(2013, 10, 1))


@cache
def maven() -> FeatureTable:
    return features_of(read_bundle(DATA / "maven_sales"), date(2017, 12, 31))
