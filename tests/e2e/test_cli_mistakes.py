"""What people get wrong, and what they are told: the code, the place, the fix, and nothing half-done."""

import csv
from pathlib import Path

import pytest

from tests.e2e.cli import Cli, labels
from tests.e2e.documents import RunDocument

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli(tmp_path)
    made.configure()
    return made


def put_accounts(cli: Cli, rows: list[dict[str, str]], folder: str = "in") -> str:
    (cli.folder / folder).mkdir(exist_ok=True)
    with (cli.folder / folder / "accounts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def accounts(number: int, **same: str) -> list[dict[str, str]]:
    varied = [
        {"account_id": f"A{i}", "name": f"Name {i}", "employees": str(10 + i * 7), "industry": "Retail"}
        for i in range(number)
    ]
    return [row | same for row in varied]


def said(cli: Cli, *arguments: str, code: int, **environment: str) -> str:
    """What stderr says of a failing command; stdout stays empty."""
    result = cli(*arguments, **environment)
    assert result.returncode == code, result.stdout + result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def test_a_folder_without_settings_names_init(tmp_path: Path) -> None:
    text = said(Cli(tmp_path), "plan", code=2)
    assert "There is no config.toml in this folder" in text
    assert "crm-segments init" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["plan", "status", "config validate"])
def test_a_condition_that_cannot_be_read_is_shown_with_its_line_and_place(cli: Cli, command: str) -> None:
    rule = '[[segmentation.rules]]\nwhen = "employees => 5000"\nsegment = "Big"'
    cli.configure(segmentation=f'exclude = "name is empty"\n{rule}')
    text = said(cli, *command.split(), code=2)
    assert "config.toml, line 8: The condition is wrong at position 12" in text
    assert "employees => 5000 ^" in text


def test_a_rule_about_a_field_that_nobody_has_names_its_line(cli: Cli) -> None:
    cli.done("import", put_accounts(cli, accounts(60)))
    cli.configure(segmentation='[[segmentation.rules]]\nwhen = "employes >= 5000"\nsegment = "Big"')
    text = said(cli, "run", "--yes", code=2)
    assert "config.toml, line 7: The condition is wrong at position 1: there is no field employes" in text
    assert "Did you mean employees" in text


def test_an_unknown_key_is_named_with_its_line_and_what_was_meant(cli: Cli) -> None:
    cli.configure("[sync]", "max_change_share = 0.2")
    text = said(cli, "run", "--yes", code=2)
    assert "config.toml, line 5" in text
    assert 'did you mean "max_changed_share"?' in text


def test_a_folder_with_every_setting_is_valid_and_keeps_the_data_out_of_git(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    cli.done("init", "--all", "--path", 'my "own".db')
    assert "config.toml is valid" in " ".join(cli.done("config", "validate").split())
    assert "max_shrink_share" in (tmp_path / "config.toml").read_text()
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert {".crm-segments/", 'my "own".db*'} <= set(ignored)


def test_a_crm_without_a_connector_is_refused_with_those_that_have_one(cli: Cli) -> None:
    (cli.folder / "config.toml").write_text('[connection]\ncrm = "pipedrive"\n')
    text = said(cli, "plan", code=2)
    assert "there is no connector here" in text
    assert "hubspot, local, salesforce" in text


def test_a_missing_hubspot_key_is_named_with_its_variable(cli: Cli) -> None:
    cli.done("init", "--crm", "hubspot", "--force")
    assert "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN" in said(cli, "plan", code=4)


def test_missing_credentials_are_named_with_their_variables(cli: Cli) -> None:
    (cli.folder / "config.toml").write_text('[connection]\ncrm = "salesforce"\ndomain = "acme"\n')
    text = said(cli, "plan", code=4)
    assert "CRM_SEGMENTS_CONNECTION__CLIENT_ID" in text
    assert "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET" in text


def test_no_login_is_sent_to_the_domain_of_an_example(tmp_path: Path) -> None:
    cli = Cli(tmp_path, {f"CRM_SEGMENTS_CONNECTION__CLIENT_{name}": "x" for name in ("ID", "SECRET")})
    assert "Set domain" in cli.done("init", "--crm", "salesforce")
    text = said(cli, "plan", code=2)
    assert "domain under [connection] is not set" in text
    assert "crm.db" not in (tmp_path / ".gitignore").read_text()


def test_the_next_command_speaks_of_the_same_settings(cli: Cli) -> None:
    (cli.folder / "config.toml").rename(cli.folder / "my own.toml")
    text = said(cli, "plan", "--config", "my own.toml", code=2)
    assert "Next: crm-segments import DIR --config 'my own.toml'" in text


def test_a_crm_file_that_is_missing_names_import(cli: Cli) -> None:
    assert "crm-segments import" in said(cli, "plan", code=2)
    assert not (cli.folder / "crm.db").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[connection]\ncrm = "zoho"\n', "local"),
        ("[[segmentation]]\nwhere = 'employees >'\n", "position 12"),
        ('[[segmentation]]\n[segmentation.features]\noff = ["employes"]\n', "Did you mean employees?"),
        ('[segmentation]\nname = "mine"\n', "write [[segmentation]]"),
        ("[sync]\nmax_changed_share = 10\n", "0.10 means 10 %"),
    ],
    ids=["crm", "where", "features.off", "one bracket", "share"],
)
def test_validate_refuses_what_a_plan_would_refuse(cli: Cli, text: str, expected: str) -> None:
    (cli.folder / "config.toml").write_text(text)
    assert expected in said(cli, "config", "validate", code=2)
    assert expected in " ".join(cli("doctor").stdout.split())


def test_the_mark_stands_under_the_place_that_it_means(cli: Cli) -> None:
    (cli.folder / "config.toml").write_text("[[segmentation]]\nwhere = 'country = \"US\" and > 5'\n")
    lines = cli("config", "validate", COLUMNS="60").stderr.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.strip() == "^")
    assert lines[at - 1][lines[at].index("^")] == ">"


def test_the_command_that_is_named_next_keeps_what_was_typed(cli: Cli) -> None:
    assert "Next: crm-segments apply 01a2 --yes" in said(cli, "apply", "01a2", code=2)
    assert "Next: crm-segments run --as-of 2026-11-02 --yes" in said(
        cli, "run", "--as-of", "2026-11-02", code=2
    )


def test_nobody_to_ask_names_the_flag(cli: Cli) -> None:
    assert "--yes" in said(cli, "run", code=2)
    document = cli.document("run", code=2)
    assert RunDocument.model_validate(document).error is not None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["import", "nowhere"], "nowhere"),
        (["import", "in", "--as-of", "01/02/2026"], "--as-of 2026-11-02"),
        (["run", "--yes", "--as-of", "tomorrow"], "not a calendar day"),
        (["sample", "out", "--world", "fife"], 'Did you mean "five"?'),
        (["approve", "nothing"], "nothing"),
        (["init"], "already"),
        (["init", "--crm", "pipedrive", "--force"], "is unknown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistaken_argument_is_said_and_ends_with_2(cli: Cli, arguments: list[str], expected: str) -> None:
    cli.done("import", put_accounts(cli, accounts(3)))
    assert expected in said(cli, *arguments, code=2)


def test_an_option_that_does_not_exist_is_one_document_under_json(cli: Cli) -> None:
    document = cli.document("run", "--no-such-option", code=2)
    assert document["status"] == "failed"
    error = document["error"]
    assert isinstance(error, dict)
    assert "--no-such-option" in error["message"]


def test_bad_lines_are_listed_and_nothing_is_stored(cli: Cli) -> None:
    rows = accounts(40)
    for row in rows[:25]:
        row["created_at"] = "31.02.2026"
    put_accounts(cli, [{"created_at": "2026-01-31"} | row for row in rows])
    text = said(cli, "import", "in", code=2)
    assert text.count("accounts.csv, line") == 20
    assert not (cli.folder / "crm.db").exists()


def test_bad_lines_can_be_set_aside(cli: Cli) -> None:
    rows = [{"created_at": "2026-01-31"} | row for row in accounts(40)]
    rows[7]["created_at"] = "2026-02-31"
    put_accounts(cli, rows)
    shown = cli.done("import", "in", "--rejects", "bad.csv")
    assert "1 line could not be read" in shown
    assert "2026-02-31" in (cli.folder / "bad.csv").read_text("utf-8-sig")
    assert cli.document("import", "in", "--rejects", "bad2.csv")["rejected_lines"] == ["accounts.csv:9"]


def test_a_file_in_the_way_of_bad_lines_names_what_import_has(cli: Cli) -> None:
    rows = [{"created_at": "2026-01-31"} | row for row in accounts(40)]
    rows[7]["created_at"] = "2026-02-31"
    put_accounts(cli, rows)
    (cli.folder / "bad.csv").write_text("dear mother\n")
    text = said(cli, "import", "in", "--rejects", "bad.csv", code=2)
    assert "Give --rejects the name of a file that is not there yet" in text
    assert "--force" not in text
    assert (cli.folder / "bad.csv").read_text() == "dear mother\n"


def test_weeks_of_two_companies_never_stand_in_one_folder(cli: Cli) -> None:
    cli.done("sample", "out", "--accounts", "30", "--weeks", "2")
    text = said(cli, "sample", "out", "--accounts", "30", "--seed", "8", code=2)
    assert "week_01" in text
    cli.done("sample", "out", "--accounts", "30", "--seed", "8", "--weeks", "2")


def test_a_dry_run_of_an_import_stores_nothing(cli: Cli) -> None:
    shown = cli.done("import", put_accounts(cli, accounts(5)), "--dry-run")
    assert "nothing was stored" in shown
    assert not (cli.folder / "crm.db").exists()


def test_headers_without_records_are_refused(cli: Cli) -> None:
    put_accounts(cli, accounts(1))
    path = cli.folder / "in/accounts.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "There is no record" in said(cli, "import", "in", code=2)


def test_mirror_with_an_empty_file_is_refused_before_it_deletes_everything(cli: Cli) -> None:
    put_accounts(cli, accounts(5))
    (cli.folder / "in/contacts.csv").write_text("contact_id,account_id\n")
    text = said(cli, "import", "in", "--mirror", code=2)
    assert "--mirror" in text


@pytest.mark.parametrize(
    "rows",
    [accounts(12), accounts(200, name="Same", employees="50")],
    ids=["twelve accounts", "all accounts alike"],
)
def test_data_without_segments_stop_before_anything_is_written(cli: Cli, rows: list[dict[str, str]]) -> None:
    cli.done("import", put_accounts(cli, rows))
    stopped = RunDocument.model_validate(cli.document("run", "--yes", code=6))
    assert stopped.status == "stopped"
    assert stopped.error is not None
    assert stopped.error.hint
    assert stopped.write_requests == 0
    assert labels(cli) == {}


def test_no_stable_segments_is_said_and_printed_rules_are_the_way_on(cli: Cli) -> None:
    cli.done("import", str(DATA / "maven_sales"))
    text = said(cli, "run", "--yes", code=6)
    assert 'fallback = "tiers"' in text
    assert labels(cli) == {}
    cli.configure(segmentation='fallback = "tiers"')
    document = cli.document("run", "--yes")
    segments = RunDocument.model_validate(document).segments
    assert sum(segment.count for segment in segments) == len(labels(cli)) > 0


def test_hostile_names_are_escaped_on_the_terminal_and_kept_in_the_data(cli: Cli) -> None:
    rows = accounts(30)
    rows[0]["name"] = "\x1b[31m[red]Evil\u202e"
    cli.done("import", put_accounts(cli, rows))
    shown = said(cli, "explain", "\x1b[31m[red]Evil\u202e", code=2)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_file_that_is_not_a_crm_is_refused_and_left_alone(cli: Cli) -> None:
    (cli.folder / "crm.db").write_text("a letter to my mother")
    assert "crm.db" in said(cli, "plan", code=2)
    assert (cli.folder / "crm.db").read_text() == "a letter to my mother"


def test_no_command_ever_shows_a_secret(cli: Cli) -> None:
    secret = "canary-7f3a9c"  # noqa: S105 - a bird, not a password
    for arguments in (["config", "show"], ["doctor"], ["plan"], ["status", "--json"]):
        result = cli(
            *arguments,
            "--log-level",
            "debug",
            "--debug",
            CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN=secret,
        )
        assert secret not in result.stdout + result.stderr
    assert "(set, not shown)" in cli.done("config", "show", CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN=secret)


@pytest.mark.parametrize("arguments", [("--bogus",), ("extra", "words")])
@pytest.mark.parametrize("command", ["run", "apply"])
def test_a_mistyped_run_still_prints_the_keys_that_scripts_read(
    cli: Cli, command: str, arguments: tuple[str, ...]
) -> None:
    document = cli.document(command, "--yes", *arguments, code=2)
    assert set(document) >= {"run_id", "status", "segments", "changes", "write_requests", "error"}


def test_our_own_columns_are_left_out_in_one_breath(cli: Cli) -> None:
    folder = put_accounts(cli, accounts(3, segment_key="x", segment_name="X", segment_reason="why"))
    text = " ".join(cli.done("import", folder).split())
    assert "segment_key, segment_name, segment_reason left out (ignored: our own segment column)" in text


def test_one_skipped_line_is_spoken_of_as_one(cli: Cli) -> None:
    (cli.folder / "in").mkdir()
    (cli.folder / "in/accounts.csv").write_text("account_id,name\nA1,x\nA2\n")
    text = " ".join(cli.done("import", "in", "--rejects", "bad.csv").split())
    assert "1 line could not be read and was skipped; it is in bad.csv." in text


def test_init_names_the_file_that_people_know(tmp_path: Path) -> None:
    (tmp_path / ".config.toml.new").mkdir()
    text = said(Cli(tmp_path), "init", code=2)
    assert f"{tmp_path / 'config.toml'} cannot be written" in text


def test_the_working_folder_is_called_this_folder(cli: Cli) -> None:
    cli.done("import", put_accounts(cli, accounts(3)))
    assert cli.done("export", ".").startswith("Exported to this folder.")
