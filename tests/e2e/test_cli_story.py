"""The main job as people do it: bring data in, look, write, and find nothing left to write."""

import csv
import re
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.local import open_connector
from connectors.model import FieldValue, FieldWrite, ObjectKind
from tests.e2e.cli import Cli, copy_of, labels
from tests.e2e.documents import RunDocument


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A small made-up company, imported; nothing planned yet."""
    cli = Cli(tmp_path_factory.mktemp("fresh"))
    cli.done("sample", "sample", "--accounts", "300", "--weeks", "2")
    cli.done("init")
    cli.done("import", "sample/week_00")
    return cli


@pytest.fixture(scope="module")
def applied(fresh: Cli, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The same after its first run."""
    cli = copy_of(fresh, tmp_path_factory.mktemp("applied"))
    cli.done("run", "--yes")
    return cli


def run_document(cli: Cli, *arguments: str, code: int = 0) -> RunDocument:
    return RunDocument.model_validate(cli.document(*arguments, code=code))


def test_the_first_run_labels_every_account_and_the_second_writes_nothing(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    first = run_document(cli, "run", "--yes")
    assert first.status == "complete"
    held = labels(cli)
    assert first.changes.written == len(held) == sum(segment.count for segment in first.segments)
    assert {key for key, *_ in held.values()} <= {segment.key for segment in first.segments}
    second = run_document(cli, "run", "--yes")
    assert (second.changes.planned, second.write_requests) == (0, 0)
    assert labels(cli) == held


def test_a_plan_shows_everything_and_writes_nothing(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    before = labels(cli)
    pending = cli("plan", "--detailed-exitcode", "--csv", "changes.csv", "--export", "plan.zip")
    assert pending.returncode == 3, pending.stderr
    for expected in ("makes 4 fields on accounts", "no segment ->", "Nothing has been written yet."):
        assert expected in pending.stdout
    assert labels(cli) == before == {}
    assert (tmp_path / "changes.csv").read_text("utf-8-sig").startswith("record_id,name,owner")
    assert (tmp_path / "plan.zip").stat().st_size > 0


def test_the_command_that_a_plan_names_applies_exactly_that_plan_once(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    shown = cli.done("plan")
    named = re.search(r"Next: crm-segments apply (\S+)", shown)
    assert named is not None
    applied = run_document(cli, "apply", named[1], "--yes")
    assert applied.changes.written == len(labels(cli))
    again = run_document(cli, "apply", named[1], "--yes", code=6)
    assert again.error is not None
    assert again.changes.written == 0


def test_a_later_day_without_new_data_changes_nothing(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    plan = cli.document("plan", "--detailed-exitcode")
    assert plan["changes_pending"] is False
    assert run_document(cli, "run", "--yes").write_requests == 0


def test_a_new_week_writes_only_records_whose_segment_changed(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    before = labels(cli)
    cli.done("import", "sample/week_01")
    done = run_document(cli, "run", "--yes")
    after = labels(cli)
    moved = {record for record, held in after.items() if held != before.get(record)}
    assert done.changes.written == len(moved)
    assert all(after[record][0] != before.get(record, (None,))[0] for record in moved)
    assert 0 < len(moved) < len(after) / 4


def test_a_guard_stops_the_run_and_approval_lets_exactly_that_plan_through(
    applied: Cli, tmp_path: Path
) -> None:
    cli = copy_of(applied, tmp_path)
    hang_deals_on_other_accounts(tmp_path / "sample/week_00")
    cli.done("import", "sample/week_00")
    before = labels(cli)
    stopped = run_document(cli, "run", "--yes", code=6)
    assert stopped.status == "stopped"
    assert stopped.error is not None
    assert stopped.error.next is not None
    assert "approve" in stopped.error.next
    assert stopped.changes.written == 0
    assert labels(cli) == before
    approved = run_document(cli, "approve", stopped.plan_ids[0], "--apply")
    assert approved.changes.written == stopped.changes.pending > 0


def hang_deals_on_other_accounts(bundle: Path) -> None:
    """What a join on the wrong column does to an export."""
    with (bundle / "opportunities.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    known = sorted({row["account_id"] for row in rows})
    other = dict(zip(known, reversed(known), strict=True))
    with (bundle / "opportunities.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([row | {"account_id": other[row["account_id"]]} for row in rows])


def test_with_require_approval_nothing_is_written_unapproved(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    cli.configure("[sync]", "require_approval = true")
    stopped = cli("run", "--yes")
    assert stopped.returncode == 6
    assert "crm-segments approve" in stopped.stderr
    assert labels(cli) == {}


def test_new_segments_are_a_proposal_until_somebody_approves(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    before = labels(cli)
    proposed = cli.done("refit")
    assert "crm-segments refit approve" in proposed
    assert labels(cli) == before
    assert "refit approve" in cli.done("status")
    assert "Rejected" in cli.done("refit", "reject")
    none = cli("refit", "approve")
    assert none.returncode == 2
    assert "crm-segments refit" in none.stderr


def test_an_account_is_explained_by_id_and_by_name(applied: Cli) -> None:
    with_id = cli_explain(applied, "A1000001")
    by_name = cli_explain(applied, str(with_id["name"]))
    assert by_name == with_id
    assert with_id["reason"]
    assert labels(applied)["A1000001"][0] == with_id["segment_key"]


def cli_explain(cli: Cli, query: str) -> dict[str, object]:
    return cli.document("explain", query)


def test_exports_carry_the_labels_and_go_back_in_without_changing_any(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    before = labels(cli)
    out = cli.document("export", "out", "--for", "data-loader")
    assert out["labelled"] == {"account": len(before)}
    loader = (tmp_path / "out/for-data-loader/accounts.csv").read_text("utf-8-sig").splitlines()
    assert (
        loader[0] == "Id,CRM_Segment__c,CRM_Segment_Confidence__c,CRM_Segment_Reason__c,CRM_Segment_Since__c"
    )
    assert len(loader) == len(before) + 1
    header = (tmp_path / "out/accounts.csv").read_text("utf-8-sig").splitlines()[0]
    assert header.endswith(
        "segment_key,segment_name,segment_confidence,segment_confidence_score,segment_reason,segment_since"
    )
    back = cli.document("import", "out")
    records = back["records"]
    assert isinstance(records, dict)
    assert all(counts["new"] == counts["changed"] == 0 for counts in records.values())
    assert labels(cli) == before


def put_in_crm(cli: Cli, record_id: str, values: dict[str, FieldValue]) -> None:
    """What a colleague does with another program."""
    with open_connector(path=cli.folder / "crm.db") as crm:
        crm.write(ObjectKind.ACCOUNT, [FieldWrite(record_id, values)], request_id=uuid.uuid4().hex)


def test_a_held_record_is_named_and_released_as_the_page_says(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    ours = labels(cli)["A1000001"]
    names = ("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
    put_in_crm(cli, "A1000001", dict.fromkeys(names))
    for command in (["plan", "--csv", "held.csv"], ["run", "--yes"], ["status"]):
        shown = " ".join(cli.done(*command).split())
        assert "1 account held (A1000001)" in shown
        assert "plan --csv FILE" in shown
    assert labels(cli)["A1000001"] == (None,) * 4
    assert "held since" in cli.done("explain", "A1000001")
    with (tmp_path / "held.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["what"] == "held"
    listed = (line["new_segment"], line["confidence"], line["reason"], date.fromisoformat(line["since"]))
    put_in_crm(cli, "A1000001", dict(zip(names, listed, strict=True)))
    assert run_document(cli, "run", "--yes").changes.held == 0
    assert labels(cli)["A1000001"] == ours
    assert "held" not in cli.done("status")


def test_status_history_and_segments_tell_the_same_story(applied: Cli) -> None:
    total = len(labels(applied))
    assert f"complete, {total:,} written" in applied.done("status")
    runs = applied.document("history")["runs"]
    assert isinstance(runs, list)
    assert [(run["actor"], run["changes"]["written"]) for run in runs] == [("tester", total)]
    segments = applied.document("segments", "list")["segments"]
    assert isinstance(segments, list)
    assert sum(segment["count"] for segment in segments) == total


def test_a_pin_is_set_written_explained_and_taken_away(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    before = labels(cli)["A1000001"][0]
    title = cli_explain(cli, "A1000002")["segment_title"]
    cli.done("pin", "add", "A1000001", str(title), "--reason", "strategic partner", "--until", "2099-12-31")
    cli.done("run", "--yes")
    assert labels(cli)["A1000001"][0] == labels(cli)["A1000002"][0] != before
    assert (labels(cli)["A1000001"][2] or "").startswith("Pinned until 31 Dec 2099: strategic partner; ")
    assert "Pinned until 31 Dec 2099: strategic partner." in cli.done("explain", "A1000001")
    cli.done("pin", "remove", "A1000001")
    cli.done("run", "--yes")
    assert labels(cli)["A1000001"][0] == before


def test_the_report_is_one_file_with_the_numbers_that_json_has(applied: Cli, tmp_path: Path) -> None:
    cli = copy_of(applied, tmp_path)
    found = cli.document("report", "q4.html")
    text = (tmp_path / "q4.html").read_text("utf-8")
    money = found["money"]
    assert isinstance(money, dict)
    assert f"{Decimal(money['total']['revenue']):,.2f}" in text
    segments = found["segments"]
    assert isinstance(segments, list)
    assert all(segment["name"] in text for segment in segments if segment["count"])
    assert cli("report", "config.toml").returncode == 2
    assert cli.done("plan").count("Nothing to write") == 1


def test_doctor_finds_a_working_folder_ready(applied: Cli) -> None:
    found = applied.document("doctor")
    checks = found["checks"]
    assert isinstance(checks, list)
    assert "fail" not in {check["severity"] for check in checks}


@pytest.mark.parametrize(
    "command",
    [
        ["plan"],
        ["status"],
        ["history"],
        ["segments", "list"],
        ["config", "show", "--origin"],
        ["config", "validate"],
        ["doctor"],
        ["explain", "A1000001"],
        ["pin", "list"],
        ["pin", "add", "A1000001", "Unclassified", "--reason", "closed down"],
        ["report"],
    ],
    ids=" ".join,
)
def test_no_line_is_wider_than_a_narrow_terminal_and_no_word_is_jargon(
    applied: Cli, tmp_path: Path, command: list[str]
) -> None:
    cli = copy_of(applied, tmp_path)
    shown = cli.done(*command, COLUMNS="60", NO_COLOR="1", TERM="dumb")
    assert "\x1b" not in shown
    ours = [line for line in shown.splitlines() if not line.startswith(("Next: ", "      crm-segments"))]
    # Paths are never broken, so that they can be copied.
    assert [line for line in ours if len(line) > 60 and str(tmp_path) not in line] == []
    jargon = r"\b(clusters?|ledger|watermark|hysteresis|posterior|silhouette|log-odds|centroid)\b"
    assert re.search(jargon, shown, re.IGNORECASE) is None
    if command[0] != "config":
        assert "Next: crm-segments " in shown
