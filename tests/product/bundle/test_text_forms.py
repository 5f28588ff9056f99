"""Encodings, line ends, delimiters and quoting, as spreadsheets and old programs leave them."""

import pytest

from tests.product.bundle.conftest import ReadFiles

NAMES = [
    "Müller & Söhne",
    "Café Zürich",
    "Citroën",
    "España",
    "Ångström",
    "O\u2019Brien\u2019s",
    "Łódź",
    "株式会社",
    "🙂 Ltd",
]
WESTERN = NAMES[:6]


def table_of(names: list[str], line_end: str = "\n") -> str:
    lines = ["account_id,name", *(f"A{number},{name}" for number, name in enumerate(names))]
    return line_end.join(lines) + line_end


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_files_are_read_with_any_line_end(
    read_files: ReadFiles, encoding: str, line_end: str
) -> None:
    bundle = read_files(accounts_csv=table_of(NAMES, line_end).encode(encoding))
    assert bundle.tables["account"]["name"].to_pylist() == NAMES


@pytest.mark.parametrize(
    ("codec", "said"),
    [("cp1252", "read as Windows-1252 because"), ("mac_roman", "read as Mac-Roman because")],
)
@pytest.mark.parametrize("line_end", ["\n", "\r"], ids=["LF", "CR"])
def test_older_encodings_are_told_apart_by_where_their_letters_stand(
    read_files: ReadFiles, codec: str, said: str, line_end: str
) -> None:
    bundle = read_files(accounts_csv=table_of(WESTERN, line_end).encode(codec))
    assert bundle.tables["account"]["name"].to_pylist() == WESTERN
    assert any(said in note for note in bundle.notes)


@pytest.mark.parametrize(
    "name", ["Müller", "RENÉ AG", "Ødegård", "façade", "L\u2019Oréal", "Élan", "“Best” Inc", "Straße"]
)
@pytest.mark.parametrize("codec", ["cp1252", "mac_roman"])
def test_a_single_special_name_is_enough_to_tell_the_encoding(
    read_files: ReadFiles, codec: str, name: str
) -> None:
    bundle = read_files(accounts_csv=table_of([name], "\r" if codec == "mac_roman" else "\n").encode(codec))
    assert bundle.tables["account"]["name"].to_pylist() == [name]


def test_bytes_that_windows_does_not_know_mean_mac_roman(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv=table_of(["Provençal"]).encode("mac_roman"))
    assert bundle.tables["account"]["name"].to_pylist() == ["Provençal"]
    assert any("bytes that Windows-1252 does not know" in note for note in bundle.notes)


def test_the_old_macintosh_line_end_is_said(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv=table_of(["Acme"], "\r"))
    assert "accounts.csv: its lines end the old Macintosh way (CR only)." in bundle.notes


def test_encoding_and_line_ends_are_said_apart(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv=table_of(["Zoë"], "\r").encode("mac_roman"))
    about = [note for note in bundle.notes if note.startswith("accounts.csv:")]
    assert [note.count("accounts.csv:") for note in about] == [1, 1]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_the_delimiter_is_found_in_the_header(read_files: ReadFiles, delimiter: str) -> None:
    cells = [["account_id", "name", "city"], ["A1", '"a, b; c\td"', "Rome"]]
    bundle = read_files(accounts_csv="\n".join(delimiter.join(row) for row in cells))
    assert bundle.tables["account"].to_pylist() == [
        {"account_id": "A1", "name": "a, b; c\td", "city": "Rome"}
    ]


def test_the_delimiter_that_excel_declares_is_obeyed(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="sep=|\r\naccount_id|name\r\nA1|a,b,c\r\n")
    assert bundle.tables["account"]["name"].to_pylist() == ["a,b,c"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_line_ends_inside_of_quotes_belong_to_the_text(read_files: ReadFiles, line_end: str) -> None:
    bundle = read_files(
        accounts_csv=f'account_id,name{line_end}A1,"one{line_end}two"{line_end}A2,x{line_end}'
    )
    assert bundle.tables["account"]["name"].to_pylist() == [f"one{line_end}two", "x"]


def test_quotation_marks_may_be_doubled_or_stand_within_a_word(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv='account_id,name,city\nA1,"a ""b"" c",6" pipes\n')
    assert bundle.tables["account"].to_pylist() == [
        {"account_id": "A1", "name": 'a "b" c', "city": '6" pipes'}
    ]


def test_empty_cells_are_missing_and_other_texts_stay_as_they_are(read_files: ReadFiles) -> None:
    bundle = read_files(
        accounts_csv='account_id,employees,annual_revenue,industry\nA1,,N/A," "\nA2,50-200,1.2M, Tech \n'
    )
    assert bundle.tables["account"].to_pylist() == [
        {"account_id": "A1", "employees": None, "annual_revenue": "N/A", "industry": " "},
        {"account_id": "A2", "employees": "50-200", "annual_revenue": "1.2M", "industry": " Tech "},
    ]


def test_blank_lines_and_surplus_empty_cells_do_no_harm(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="\n\naccount_id,name\n\nA1,x,,\n,\n,\n\n")
    assert bundle.tables["account"].to_pylist() == [{"account_id": "A1", "name": "x"}]
    assert "accounts.csv: 2 lines without any content left out." in bundle.notes


def test_a_cell_of_the_longest_length_is_read(read_files: ReadFiles) -> None:
    text = "x" * 131_072
    bundle = read_files(accounts_csv=f"account_id,name\nA1,{text}\n")
    assert bundle.tables["account"]["name"].to_pylist() == [text]


def test_a_header_without_lines_is_an_empty_table(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id,name,created_at,employees")
    assert len(bundle.tables["account"]) == 0
    assert bundle.notes == ()
