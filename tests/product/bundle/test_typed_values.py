"""Dates, yes and no, and whole numbers in the forms that exports and spreadsheets give them."""

from datetime import UTC, date, datetime

import pytest

from crm_segments.bundle import BundleError
from tests.product.bundle.conftest import ReadFiles


def deals_with(column: str, *values: str, delimiter: str = ",") -> str:
    lines = [delimiter.join(["deal_id", column])]
    lines += [delimiter.join([f"D{number}", f'"{value}"']) for number, value in enumerate(values)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03", date(2026, 2, 3)),
        ("2026-02-03T23:30:00.000Z", date(2026, 2, 3)),
        ("2026-02-03T23:30:00.000+0000", date(2026, 2, 3)),
        ("2026-02-03 23:30:00-05:00", date(2026, 2, 3)),
        ("2026-02-03 13:45", date(2026, 2, 3)),
        ("2026/2/3", date(2026, 2, 3)),
        ("3.2.2026", date(2026, 2, 3)),
        ("13/02/2026", date(2026, 2, 13)),
        ("02/13/2026", date(2026, 2, 13)),
        ("2/13/26 3:33 PM", date(2026, 2, 13)),
        ("13-02-1998 00:15", date(1998, 2, 13)),
        ("3-Feb-26", date(2026, 2, 3)),
        ("3 Feb 2026", date(2026, 2, 3)),
        ("03-FEB-1998 00:15", date(1998, 2, 3)),
        ("Feb 3, 2026", date(2026, 2, 3)),
        ("Sept. 3, 2026", date(2026, 9, 3)),
        ("February 3 2026, 3:33 PM", date(2026, 2, 3)),
        ("46056", date(2026, 2, 3)),
        ("46056.75", date(2026, 2, 3)),
        ("1770076800000", date(2026, 2, 3)),
    ],
)
def test_a_day_is_read_from_every_form(read_files: ReadFiles, text: str, expected: date) -> None:
    bundle = read_files(accounts_csv="account_id\n", deals_csv=deals_with("close_date", text))
    assert bundle.tables["deal"]["close_date"].to_pylist() == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=UTC)),
        ("2026-02-03 23:30:00-05:00", datetime(2026, 2, 4, 4, 30, tzinfo=UTC)),
        ("2026-02-03T23:30:00.123456Z", datetime(2026, 2, 3, 23, 30, 0, 123456, tzinfo=UTC)),
        ("2026-02-03 08:00 UTC", datetime(2026, 2, 3, 8, tzinfo=UTC)),
        ("2/13/2026 12:05 AM", datetime(2026, 2, 13, 0, 5, tzinfo=UTC)),
        ("2/13/2026, 12:05 PM", datetime(2026, 2, 13, 12, 5, tzinfo=UTC)),
        ("46056.75", datetime(2026, 2, 3, 18, tzinfo=UTC)),
        ("1770076800500", datetime(2026, 2, 3, 0, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc_from_every_form(
    read_files: ReadFiles, text: str, expected: datetime
) -> None:
    bundle = read_files(accounts_csv=f'account_id,created_at\nA,"{text}"\n')
    assert bundle.tables["account"]["created_at"].to_pylist() == [expected]


@pytest.mark.parametrize(
    ("telling", "expected", "said"),
    [
        ("25/12/2025", date(2026, 4, 3), "dates read as day/month/year, not month/day/year, because 1 value"),
        ("12/25/2025", date(2026, 3, 4), "dates read as month/day/year, not day/month/year, because 1 value"),
    ],
)
def test_one_telling_value_decides_the_order_of_the_whole_column(
    read_files: ReadFiles, telling: str, expected: date, said: str
) -> None:
    bundle = read_files(
        accounts_csv="account_id\n", deals_csv=deals_with("close_date", "03/04/2026", telling)
    )
    assert bundle.tables["deal"]["close_date"][0].as_py() == expected
    assert any(said in note for note in bundle.notes)


@pytest.mark.parametrize(("delimiter", "expected"), [(",", date(2026, 3, 4)), (";", date(2026, 4, 3))])
def test_when_no_value_tells_the_order_it_is_chosen_and_said(
    read_files: ReadFiles, delimiter: str, expected: date
) -> None:
    deals = deals_with("close_date", "03/04/2026", delimiter=delimiter)
    bundle = read_files(accounts_csv="account_id\n", deals_csv=deals)
    assert bundle.tables["deal"]["close_date"].to_pylist() == [expected]
    assert any("every value can be read both ways" in note for note in bundle.notes)


def test_another_column_of_the_file_tells_the_order(read_files: ReadFiles) -> None:
    deals = "deal_id,close_date,created_at\nD1,03/04/2026,31/01/2026\n"
    bundle = read_files(accounts_csv="account_id\n", deals_csv=deals)
    assert bundle.tables["deal"]["close_date"].to_pylist() == [date(2026, 4, 3)]
    assert any("other dates of the file are written that way" in note for note in bundle.notes)


def test_another_file_of_the_folder_tells_the_order(read_files: ReadFiles) -> None:
    bundle = read_files(
        accounts_csv="account_id,created_at\nA1,03/04/2026\n", deals_csv="deal_id,close_date\nD1,31/01/2026\n"
    )
    assert bundle.tables["account"]["created_at"].to_pylist() == [datetime(2026, 4, 3, tzinfo=UTC)]
    assert any("dates of other files are written that way" in note for note in bundle.notes)


def test_forms_that_cannot_be_mistaken_may_be_mixed_and_that_is_said(read_files: ReadFiles) -> None:
    deals = deals_with("close_date", "2026-02-03", "2026-02-04", "46058", "6.2.2026", "")
    bundle = read_files(accounts_csv="account_id\n", deals_csv=deals)
    assert bundle.tables["deal"]["close_date"].to_pylist() == [
        *(date(2026, 2, day) for day in (3, 4, 5, 6)),
        None,
    ]
    expected = "dates in 3 forms (year-month-day, spreadsheet day numbers, day.month.year)"
    assert f"deals.csv, close_date: {expected}." in bundle.notes


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "31.02.2026",
        "13/13/2026",
        "0000-00-00",
        "next week",
        "31 Feb 2026",
        "3 Febbraio 2026",
        "Feb 2026",
        "2026",
        "46056x",
        "2026-02-03T25:00",
        "1/2/2026 soon",
        "1/2/2026 13:00 PM",
    ],
)
def test_what_is_no_date_is_a_bad_line(read_files: ReadFiles, text: str) -> None:
    with pytest.raises(BundleError) as caught:
        read_files(accounts_csv="account_id\n", deals_csv=deals_with("close_date", "2026-01-01", text))
    assert len(caught.value.problems) == 1
    assert str(caught.value.problems[0]) == (
        "deals.csv, line 3, column close_date (record D1): it is not a date, or not written in a known way. "
        "Write it as year-month-day, like 2026-11-30, or leave it empty."
    )


def test_a_value_against_the_order_of_its_column_is_a_bad_line(read_files: ReadFiles) -> None:
    deals = deals_with("close_date", "25/12/2025", "26/12/2025", "12/27/2025")
    with pytest.raises(BundleError) as caught:
        read_files(accounts_csv="account_id\n", deals_csv=deals)
    assert [problem.line for problem in caught.value.problems] == [4]


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        *(
            ("is_won", text, True)
            for text in ("true", "TRUE", "Yes", "1", "Won", "closed won", "WAHR", "1.0")
        ),
        *(("is_won", text, False) for text in ("False", "no", "0", "Lost", "open", "")),
        ("is_closed", "Lost", True),
        ("is_closed", "Open", False),
    ],
)
def test_yes_and_no_are_read_in_the_words_of_exports(
    read_files: ReadFiles, column: str, text: str, expected: bool
) -> None:
    bundle = read_files(accounts_csv="account_id\n", deals_csv=deals_with(column, text))
    assert bundle.tables["deal"][column].to_pylist() == [expected if text else None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("1,234", 1234),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("12.0", 12),
        ("-3", -3),
        ("", None),
    ],
)
def test_whole_numbers_are_read_with_their_separators(
    read_files: ReadFiles, text: str, expected: int | None
) -> None:
    bundle = read_files(
        accounts_csv="account_id\n", contacts_csv=f'contact_id,email_opens_90d\nC1,"{text}"\n'
    )
    assert bundle.tables["contact"]["email_opens_90d"].to_pylist() == [expected]


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("email_opens_90d", "many", "it is not a whole number"),
        ("email_opens_90d", "1.5", "it is not a whole number"),
        ("email_opens_90d", "1,23", "it is not a whole number"),
        ("email_opens_90d", "9" * 30, "it is not a whole number"),
        ("email_opt_out", "maybe", "it says neither yes nor no"),
    ],
)
def test_values_of_another_type_are_bad_lines(
    read_files: ReadFiles, column: str, text: str, reason: str
) -> None:
    with pytest.raises(BundleError) as caught:
        read_files(accounts_csv="account_id\n", contacts_csv=f'contact_id,{column}\nC1,"{text}"\n')
    problem = caught.value.problems[0]
    assert (problem.file, problem.line, problem.column, problem.record_id) == (
        "contacts.csv",
        2,
        column,
        "C1",
    )
    assert problem.reason == reason
