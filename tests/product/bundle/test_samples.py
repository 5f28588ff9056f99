"""The two sample bundles with their odd headers, and what bundle.json says."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crm_segments.bundle import BundleError, read_bundle
from tests.product.bundle.conftest import TODAY, ReadFiles

DATA = Path(__file__).parents[2] / "data"


def test_maven_sales_is_read_with_its_odd_headers() -> None:
    bundle = read_bundle(DATA / "maven_sales", today=TODAY)
    assert {kind: len(table) for kind, table in bundle.tables.items()} == {
        "account": 85,
        "contact": 186,
        "deal": 8800,
        "product": 7,
    }
    assert bundle.tables["contact"]["title"][0].as_py() == "Purchasing"
    accounts, deals, products = (bundle.tables[kind] for kind in ("account", "deal", "product"))
    assert accounts["parent_id"].null_count == 70
    assert deals["close_date"][0].as_py() == date(2017, 3, 1)
    assert deals["created_at"][0].as_py() == datetime(2016, 10, 20, tzinfo=UTC)
    assert deals["owner_region"][0].as_py() == "Central"
    assert products.slice(0, 1).to_pylist() == [
        {"product_id": "GTX Basic", "name": "GTX Basic", "family": "GTX", "price": "550"}
    ]
    assert "1,425 of 8,800 deals have no account; they are kept." in bundle.notes


def test_crunchbase_is_read_whole_and_its_empty_columns_are_said() -> None:
    bundle = read_bundle(DATA / "crunchbase_2013", today=TODAY)
    assert [len(bundle.tables[kind]) for kind in ("account", "contact", "deal")] == [17727, 17727, 31679]
    assert pc.sum(bundle.tables["deal"]["is_won"]).as_py() == 31679
    assert "accounts.csv: no line has a value for employees, annual_revenue." in bundle.notes
    assert (bundle.name, bundle.as_of, bundle.as_of_source) == (
        "crunchbase_2013",
        date(2013, 10, 1),
        "bundle.json",
    )


def test_known_columns_come_first_with_their_types_then_all_others_as_text() -> None:
    schema = read_bundle(DATA / "maven_sales", today=TODAY).tables["deal"].schema
    assert schema.names == [
        *("deal_id", "account_id", "stage", "is_closed", "is_won", "amount", "currency", "product"),
        *("close_date", "created_at", "name", "owner", "owner_region"),
    ]
    assert schema.field("is_won").type == pa.bool_()
    assert schema.field("amount").type == pa.string()
    assert {str(schema.field(name).type) for name in schema.names[-3:]} == {"string"}


def test_without_bundle_json_the_folder_and_the_day_of_the_import_stand_in(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id\nA1\n")
    assert (bundle.name, bundle.as_of, bundle.as_of_source) == ("export", TODAY, "the day of the import")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{\n 'name': 1}", "line 2 is not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"as_of": "31.12.2025"}', "as_of is not a date"),
        ('{"as_of": 5}', "as_of is not a text"),
        ("[" * 100_000, "not valid JSON"),
    ],
    ids=["syntax", "list", "german-date", "number", "too-deep"],
)
def test_a_faulty_bundle_json_is_refused(read_files: ReadFiles, content: str, said: str) -> None:
    with pytest.raises(BundleError, match=said) as caught:
        read_files(accounts_csv="account_id\nA1\n", bundle_json=content)
    assert '"as_of": "2026-11-30"' in caught.value.hint
