"""Each kind of bad input says file, line and fix, and skipping bad lines loses nothing else."""

import csv
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from crm_segments.bundle import BundleError, Reject, read_bundle, write_rejects
from tests.product.bundle.conftest import TODAY, MakeFolder, ReadFiles


def refused(read_files: ReadFiles, **files: str | bytes) -> BundleError:
    with pytest.raises(BundleError) as caught:
        read_files(**files)
    return caught.value


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"There is no folder .*nowhere"):
        read_bundle(tmp_path / "nowhere", today=TODAY)


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("account_id\n")
    with pytest.raises(BundleError, match="is a file, not a folder") as caught:
        read_bundle(path, today=TODAY)
    assert "Name the folder" in caught.value.hint


def test_neither_accounts_nor_leads_says_what_is_there(read_files: ReadFiles) -> None:
    error = refused(read_files, deals_csv="deal_id\nD1\n")
    assert "holds neither accounts nor leads; it holds deals.csv." in error.message
    assert "accounts.csv" in error.hint


def test_leads_alone_are_enough(read_files: ReadFiles) -> None:
    assert list(read_files(leads_csv="lead_id\nL1\n").tables) == ["lead"]


@pytest.mark.parametrize(
    "content", [b"", b"\n \r\n", b"\xef\xbb\xbf"], ids=["nothing", "blanks", "mark-only"]
)
def test_an_empty_file_is_named(read_files: ReadFiles, content: bytes) -> None:
    assert refused(read_files, accounts_csv=content).message == "accounts.csv is empty."


def test_a_missing_id_column_says_what_is_there_and_what_was_meant(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="acount_id,name\nA1,x\n")
    assert error.message == (
        "accounts.csv has no column with the id of its accounts (account_id). "
        "Its columns are: acount_id, name."
    )
    assert "Was acount_id meant? Then rename it to account_id." in error.hint
    assert "'Record ID' in HubSpot" in error.hint
    assert "'Account ID' in a Salesforce report" in error.hint


@pytest.mark.parametrize(
    "header",
    ['account_id,"name\n', "account_id,na\0me\n", f"account_id,{'x' * 131_073}\n"],
    ids=["quote", "nul", "huge"],
)
def test_an_unreadable_header_is_refused(read_files: ReadFiles, header: str) -> None:
    error = refused(read_files, accounts_csv=f"{header}A1,x\nA2,y\n")
    assert error.message == "The header of accounts.csv cannot be read."
    assert error.problems[0].line == 1


def test_a_column_named_twice_is_refused(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="account_id,Name,city,name\nA1,x,y,z\n")
    assert error.message == "accounts.csv: the header names the column name twice, as columns 2 and 4."


def test_two_different_files_of_companies_are_refused(read_files: ReadFiles) -> None:
    error = refused(
        read_files, accounts_csv="account_id\nA1\n", companies_csv="Record ID,Company name\n1,x\n"
    )
    assert "accounts.csv and companies.csv" in error.message
    assert "Keep one of them" in error.hint


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("xlsx", "an Excel workbook (.xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64, "an old Excel workbook (.xls)"),
        (b"\x1f\x8b\x08" + bytes(100), "a compressed file"),
        (bytes(range(32)) * 40, "binary data"),
        ("account_id,name\nA1,x\n".encode("utf-16-le"), "UTF-16 text without its mark"),
    ],
    ids=["xlsx", "xls", "gzip", "binary", "utf-16"],
)
def test_a_file_that_is_no_csv_is_named_for_what_it_is(
    read_files: ReadFiles, content: str | bytes, kind: str
) -> None:
    if isinstance(content, str):
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
        content = buffer.getvalue()
    error = refused(read_files, accounts_csv=content)
    assert kind in error.message
    assert "CSV UTF-8" in error.hint


def test_utf_16_that_breaks_off_is_refused(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="account_id\nA1\n".encode("utf-16")[:-1])
    assert "breaks off" in error.message


@pytest.mark.parametrize(
    ("line", "reason", "fix"),
    [
        ("A2", "it has 1 cell where the header has 2", "Complete the line"),
        (
            "A2,x,y",
            "it has 3 cells where the header has 2",
            "Put the text that holds a comma in quotation marks",
        ),
        ('A2,"x"y', "its quotation marks do not balance", "double each one inside a text"),
        ('A2,"x', "its quotation marks do not balance", "Close the quotation mark"),
        (
            f"A2,{'x' * 131_073}",
            "a cell that begins here is longer than 131,072 characters",
            "shorten the text",
        ),
        ("A2,a\0b", "it holds zero bytes or bytes that are not characters", "type the damaged word anew"),
        (",x", "it has no id, so it cannot be told from other records", "Fill in the id"),
        (" ,x", "it has no id, so it cannot be told from other records", "Fill in the id"),
        ("1.23457E+11,x", "a spreadsheet has rounded this id", "do not save it from a spreadsheet"),
        (
            "A1,other",
            "line 2 has the same id with other content (name)",
            "Keep the right one of the two lines",
        ),
    ],
    ids=["short", "long", "quote", "unclosed", "huge", "nul", "no-id", "blank-id", "rounded-id", "duplicate"],
)
def test_a_bad_line_is_named_with_its_fix_and_skipped_on_request(
    make_folder: MakeFolder, line: str, reason: str, fix: str
) -> None:
    folder = make_folder(accounts_csv=f"account_id,name\nA1,x\n{line}\nA3,z\n")
    with pytest.raises(BundleError, match=r"1 line of accounts\.csv cannot be read") as caught:
        read_bundle(folder, today=TODAY)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("accounts.csv", 3)
    assert problem.reason.startswith(reason)
    assert fix in problem.fix
    assert str(problem).startswith("accounts.csv, line 3")
    bundle = read_bundle(folder, rejects=True, today=TODAY)
    assert bundle.tables["account"]["account_id"].to_pylist() == ["A1", "A3"]
    assert bundle.rejects == caught.value.problems


def test_damaged_characters_in_utf_8_spoil_their_line_only(read_files: ReadFiles) -> None:
    content = "account_id,name\nA1,Müller\nA2,Söh?\nA3,Größe\n".encode().replace(b"?", b"\xc3")
    bundle = read_files(rejects=True, accounts_csv=content)
    assert bundle.tables["account"]["name"].to_pylist() == ["Müller", "Größe"]
    assert [(reject.line, reject.raw) for reject in bundle.rejects] == [
        (3, "A2,Söh\N{REPLACEMENT CHARACTER}")
    ]


def test_an_unclosed_quotation_mark_swallows_no_other_record(read_files: ReadFiles) -> None:
    lines = [f"A{number},name {number}" for number in range(1, 3000)]
    lines[1000] = 'A1001,"never closed'
    bundle = read_files(rejects=True, accounts_csv="\n".join(["account_id,name", *lines]))
    assert len(bundle.tables["account"]) == 2998
    assert [reject.line for reject in bundle.rejects] == [1002]


def test_lines_are_counted_through_quoted_line_ends(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv='account_id,name\nA1,"x\n\ny"\n\nA2\n')
    assert [problem.line for problem in error.problems] == [6]


def test_a_line_that_repeats_another_word_for_word_is_dropped_and_said(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id,name\nA1,x\nA2,y\nA1,x\nA1,x\n")
    assert bundle.tables["account"]["account_id"].to_pylist() == ["A1", "A2"]
    assert "Accounts: 2 lines that repeat an earlier one word for word left out." in bundle.notes


def test_one_repeated_line_is_spoken_of_as_one(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id,name\nA1,x\nA1,x\n")
    assert "Accounts: 1 line that repeats an earlier one word for word left out." in bundle.notes


def test_one_bad_line_is_spoken_of_as_one(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="account_id,name\nA\n")
    assert error.message == "1 line of accounts.csv cannot be read as it is, so nothing was imported."
    assert error.hint.startswith("Mend this line and import again, or skip it with --rejects FILE")


def test_the_same_id_in_two_parts_names_the_other_file(read_files: ReadFiles) -> None:
    error = refused(
        read_files,
        **{"accounts-1.csv": "account_id,name\nA1,x\n", "accounts-2.csv": "account_id,name\nA0,x\nA1,y\n"},
    )
    assert len(error.problems) == 1
    assert str(error.problems[0]) == (
        "accounts-2.csv, line 3, column account_id (record A1): line 2 of accounts-1.csv has the same id "
        "with other content (name). Keep the right one of the two lines and remove the other."
    )


def test_only_the_first_twenty_bad_lines_are_carried_and_all_are_counted(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="account_id,name\n" + "A\n" * 1500)
    assert error.message.startswith("1,500 lines of accounts.csv cannot be read as they are")
    assert "Here are the first 20." in error.message
    assert [problem.line for problem in error.problems] == list(range(2, 22))


def test_problems_of_all_files_are_found_at_once(read_files: ReadFiles) -> None:
    error = refused(read_files, accounts_csv="account_id,name\nA1\n", contacts_csv="contact_id\nC1,x\n")
    assert [problem.file for problem in error.problems] == ["accounts.csv", "contacts.csv"]


def test_messages_hold_no_content_of_cells_and_cannot_steer_a_terminal(read_files: ReadFiles) -> None:
    error = refused(
        read_files,
        contacts_csv="contact_id,email,\x1b[31mred\nC\x1b1,jo@example.invalid\n",
        leads_csv="lead_id\n",
    )
    said = " ".join(
        [error.message, error.hint, *(str(problem) + repr(problem) for problem in error.problems)]
    )
    assert "jo@example" not in said
    assert "\x1b" not in said
    assert "jo@example" in error.problems[0].raw


def test_references_to_nowhere_are_counted_and_kept(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id\nA1\n", deals_csv="deal_id,account_id\nD1,A1\nD2,A9\nD3,\n")
    assert len(bundle.tables["deal"]) == 3
    assert "1 of 3 deals have no account; they are kept." in bundle.notes
    assert "1 of 3 deals name an account that is not in the bundle; kept." in bundle.notes


def test_deals_that_name_no_account_at_all_are_kept_and_said(read_files: ReadFiles) -> None:
    bundle = read_files(accounts_csv="account_id\nA1\n", deals_csv="deal_id,amount\nD1,5\nD2,6\n")
    assert "All 2 deals are kept without an account: no column holds its id." in bundle.notes


def test_bad_lines_are_kept_in_a_file_that_a_spreadsheet_can_open(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    reject = Reject("a.csv", 7, None, "name", "why", "how", '=1+1,"x\ny"')
    write_rejects(path, [reject])
    write_rejects(path, [reject, reject])
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2
    assert rows[0] == {
        "file": "a.csv",
        "line": "7",
        "record_id": "",
        "column": "name",
        "reason": "why",
        "fix": "how",
        "raw": '\'=1+1,"x\ny"',
    }


def test_the_file_of_bad_lines_replaces_nothing_of_others(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("account_id\nA1\n")
    with pytest.raises(BundleError, match="not an earlier export"):
        write_rejects(path, [])
    assert path.read_text() == "account_id\nA1\n"
