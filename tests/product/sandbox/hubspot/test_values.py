"""Values by the declared type of the property: what is taken, how it is stored, how it is refused."""

import json
from typing import Any

import pytest

from crm_segments.sandbox.hubspot import Option, Property
from tests.product.sandbox.hubspot.conftest import Http, Portal

MIDNIGHT = 1_769_817_600_000
"""2026-01-31 in milliseconds."""


@pytest.fixture
def company(world: Portal) -> str:
    """A company with one property of each type."""
    kinds = {"string": "text", "number": "number", "bool": "booleancheckbox", "date": "date"}
    kinds |= {"datetime": "date", "enumeration": "select", "phone_number": "phonenumber"}
    for kind, field_type in kinds.items():
        world.portal.add_property(
            "companies", Property(name=f"a_{kind}", label=kind, type=kind, field_type=field_type)
        )
    many = Property(name="a_many", label="many", type="enumeration", field_type="checkbox")
    world.portal.add_property("companies", many)
    for name in ("a_many", "a_enumeration"):
        one = world.portal.property(world.portal.kind("companies"), name)
        assert one is not None
        one.set_options([Option(value, value.upper()) for value in ("a", "b", "c")])
    return world.company()


def write(http: Http, company: str, name: str, value: Any) -> Any:
    """Writes one value and reads it again."""
    http.ok("PATCH", f"/crm/v3/objects/companies/{company}", json={"properties": {name: value}})
    return http.ok("GET", f"/crm/v3/objects/companies/{company}?properties={name}")["properties"][name]


def refusal(http: Http, company: str, name: str, value: Any) -> tuple[str, str]:
    """Code and words of a refused value."""
    path = f"/crm/v3/objects/companies/{company}"
    status, category, message = http.error("PATCH", path, json={"properties": {name: value}})
    assert (status, category) == (400, "VALIDATION_ERROR")
    start = "Property values were not valid: "
    assert message.startswith(start)
    (entry,) = json.loads(message.removeprefix(start))
    assert (entry["isValid"], entry["name"]) == (False, name)
    return entry["error"], entry["message"]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("a_string", "  Zoë 🙂 \n", "  Zoë 🙂 \n"),
        ("a_string", "x" * 65_536, "x" * 65_536),
        ("a_string", 5, "5"),
        ("a_phone_number", "+41 31 000", "+41 31 000"),
        ("a_number", "3039", "3039"),
        ("a_number", "0.930", "0.93"),
        ("a_number", "-1e3", "-1000"),
        ("a_number", 12, "12"),
        ("a_number", "007", "7"),
        ("a_bool", "true", "true"),
        ("a_bool", False, "false"),
        ("a_date", "2026-01-31", "2026-01-31"),
        ("a_date", str(MIDNIGHT), "2026-01-31"),
        ("a_date", MIDNIGHT, "2026-01-31"),
        ("a_datetime", "2026-01-31T10:00:00+01:00", "2026-01-31T09:00:00Z"),
        ("a_datetime", str(MIDNIGHT + 1), "2026-01-31T00:00:00.001Z"),
        ("a_enumeration", "a", "a"),
        ("a_many", "b;a", "b;a"),
    ],
)
def test_values_are_stored_in_one_form(http: Http, company: str, name: str, value: Any, stored: str) -> None:
    assert write(http, company, name, value) == stored


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("a_string", "x" * 65_537, "VALUE_TOO_LONG", "65536"),
        ("a_number", "many", "INVALID_NUMBER", "many"),
        ("a_number", "NaN", "INVALID_NUMBER", "NaN"),
        ("a_number", "1,000", "INVALID_NUMBER", "1,000"),
        ("a_bool", "True", "INVALID_OPTION", "[true, false]"),
        ("a_date", str(MIDNIGHT + 15_230_880), "INVALID_DATE", "is at 4:13:50.880 UTC, not midnight!"),
        ("a_date", "31.01.2026", "INVALID_DATE", "31.01.2026"),
        ("a_datetime", "tomorrow", "INVALID_LONG", "tomorrow was not a valid long."),
        ("a_datetime", "2026-01-31T10:00:00", "INVALID_LONG", "2026"),
        ("a_enumeration", "A", "INVALID_OPTION", "A was not one of the allowed options: [a, b, c]"),
        ("a_enumeration", "a;b", "INVALID_OPTION", "a;b"),
        ("a_many", "a;x", "INVALID_OPTION", "x was not one"),
        ("nope", "x", "PROPERTY_DOESNT_EXIST", '"nope"'),
        ("hs_object_id", "1", "READ_ONLY_VALUE", "read only"),
        ("hs_lastmodifieddate", "2026-01-31", "READ_ONLY_VALUE", "read only"),
        ("hubspot_owner_id", "1", "INVALID_OPTION", "1 was not one"),
        ("createdate", "", "INVALID_DATE", "cannot be empty"),
        ("createdate", None, "INVALID_DATE", "cannot be empty"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    http: Http, company: str, name: str, value: Any, code: str, words: str
) -> None:
    error, message = refusal(http, company, name, value)
    assert (error, words in message) == (code, True)


def test_an_empty_text_clears(http: Http, company: str) -> None:
    for name, value in (
        ("a_string", "x"),
        ("a_number", "1"),
        ("a_date", "2026-01-31"),
        ("a_enumeration", "a"),
    ):
        assert write(http, company, name, value) == value
        assert write(http, company, name, "") is None


@pytest.mark.parametrize("clears", [True, False])
def test_null_clears_or_means_nothing(world: Portal, http: Http, company: str, clears: bool) -> None:
    world.portal.settings.beliefs.null_clears = clears
    write(http, company, "a_string", "x")
    assert write(http, company, "a_string", None) == (None if clears else "x")


@pytest.mark.parametrize("normalized", [True, False])
def test_numbers_keep_their_digits_or_not(world: Portal, http: Http, company: str, normalized: bool) -> None:
    world.portal.settings.beliefs.numbers_are_normalized = normalized
    assert write(http, company, "a_number", "0.930") == ("0.93" if normalized else "0.930")


def test_a_leading_semicolon_appends(http: Http, company: str) -> None:
    write(http, company, "a_many", "c")
    assert write(http, company, "a_many", ";a;c") == "c;a"
    assert write(http, company, "a_many", "b") == "b"
    assert write(http, company, "a_many", ";") == "b"
    write(http, company, "a_many", "")
    assert write(http, company, "a_many", ";") is None


def test_every_bad_value_of_a_record_is_named(http: Http, company: str) -> None:
    path = f"/crm/v3/objects/companies/{company}"
    _, _, message = http.error("PATCH", path, json={"properties": {"nope": "x", "a_number": "y"}})
    assert [one["name"] for one in json.loads(message.partition(": ")[2])] == ["nope", "a_number"]


def test_an_archived_property_is_gone_for_reads_and_writes(world: Portal, http: Http, company: str) -> None:
    write(http, company, "a_string", "x")
    assert http("DELETE", "/crm/v3/properties/companies/a_string").status_code == 204
    shown = http.ok("GET", f"/crm/v3/objects/companies/{company}?properties=a_string")["properties"]
    assert "a_string" not in shown
    assert refusal(http, company, "a_string", "y")[0] == "PROPERTY_DOESNT_EXIST"
    assert http("POST", "/crm/v3/objects/companies/search", json={"sorts": ["a_string"]}).status_code == 400
    assert world.portal.values("companies", company)["a_string"] == "x"
