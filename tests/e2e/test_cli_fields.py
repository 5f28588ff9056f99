"""`fields`: our fields looked at, made, checked, exported and taken over from the command line."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.local import open_connector
from connectors.model import FieldSpec, FieldType, ObjectKind
from tests.e2e.cli import Cli, Document
from tests.salesforce import SalesforceWorld, Switchboard

NAMES = ["crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since"]


@pytest.fixture
def embedded(tmp_path: Path) -> Cli:
    """An embedded CRM without records, and no state yet."""
    cli = Cli(tmp_path)
    cli.configure()
    with open_connector(path=tmp_path / "crm.db", create=True):
        pass
    return cli


def standings(document: Document) -> list[str]:
    fields = document["fields"]
    assert isinstance(fields, list)
    return [field["standing"] for field in fields]


def done(document: Document) -> list[str]:
    fields = document["fields"]
    assert isinstance(fields, list)
    return [field["action"] for field in fields]


def test_fields_are_made_ahead_of_a_plan_and_only_once(embedded: Cli) -> None:
    assert standings(embedded.document("fields", "show")) == ["missing"] * 4
    assert done(embedded.document("fields", "create", "--dry-run")) == ["create"] * 4
    assert standings(embedded.document("fields", "show")) == ["missing"] * 4
    assert done(embedded.document("fields", "create")) == ["create"] * 4
    assert done(embedded.document("fields", "create")) == ["none"] * 4
    shown = embedded.document("fields", "show")
    assert standings(shown) == ["ready"] * 4
    assert shown["fields"][0]["options"] == [{"value": "unclassified", "label": "Unclassified"}]  # type: ignore[index]


def test_the_group_alone_shows_them_with_the_options_that_every_command_has(embedded: Cli) -> None:
    assert embedded.document("fields") == embedded.document("fields", "show")
    misplaced = embedded("fields", "--json", "check")
    assert (misplaced.returncode, "after check" in misplaced.stdout) == (2, True)
    (embedded.folder / "config.toml").rename(embedded.folder / "own.toml")
    text = embedded.done("fields", "--config", "own.toml")
    assert "crm-segments fields create --dry-run --config own.toml" in text


def test_check_says_by_its_exit_code_whether_all_is_ready(embedded: Cli) -> None:
    before = embedded("fields", "check")
    assert (before.returncode, "4 of 4 fields not ready" in before.stdout) == (6, True)
    assert "fields create" in before.stdout
    embedded.done("fields", "create")
    assert "Ready: 4 fields" in embedded.done("fields", "check")
    assert embedded.document("fields", "check")["status"] == "complete"


def test_the_group_alone_shows_the_fields(embedded: Cli) -> None:
    text = embedded.done("fields")
    assert all(name in text for name in NAMES)
    assert "not there" in text


def test_a_field_of_another_installation_is_shown_as_such(embedded: Cli) -> None:
    theirs = FieldSpec(
        "crm_segment_reason",
        "Reason",
        FieldType.TEXT,
        max_length=255,
        installation_id="somebody-elses",
        is_custom=True,
    )
    with open_connector(path=embedded.folder / "crm.db") as crm:
        crm.ensure_fields(ObjectKind.ACCOUNT, [theirs])
    assert standings(embedded.document("fields", "show")) == [
        *("missing", "missing", "other_installation", "missing"),
    ]


def test_fields_of_a_lost_installation_are_taken_over(embedded: Cli) -> None:
    embedded.done("fields", "create")
    shutil.rmtree(embedded.folder / ".crm-segments")
    assert standings(embedded.document("fields", "show")) == ["other_installation"] * 4
    refused = embedded("fields", "create")
    assert refused.returncode == 6
    assert "fields adopt" in refused.stderr
    unanswered = embedded("fields", "adopt")
    assert unanswered.returncode == 2
    assert "--yes" in unanswered.stderr
    taken = embedded.document("fields", "adopt", "--yes")
    assert taken["adopted"] == NAMES
    assert embedded.document("fields", "adopt", "--yes") == {"schema_version": 1, "found": [], "adopted": []}
    assert done(embedded.document("fields", "create")) == ["none"] * 4


def test_the_embedded_crm_takes_no_package(embedded: Cli) -> None:
    refused = embedded("fields", "export", "package")
    assert refused.returncode == 2
    assert "fields create" in refused.stderr
    assert not (embedded.folder / "package").exists()


@dataclass(frozen=True, slots=True)
class Org:
    """An emulated org with the command line in a folder beside it."""

    world: SalesforceWorld
    cli: Cli

    def __call__(self, *arguments: str, code: int = 0) -> str:
        secrets = {"CLIENT_ID": "key", "CLIENT_SECRET": "secret"}
        variables = {f"CRM_SEGMENTS_CONNECTION__{name}": value for name, value in secrets.items()}
        result = self.cli(*arguments, **variables)
        assert result.returncode == code, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result.stdout if code == 0 else result.stdout + result.stderr


@pytest.fixture
def org(salesforce_server: tuple[Switchboard, str], tmp_path: Path) -> Iterator[Org]:
    board, url = salesforce_server
    world = SalesforceWorld(url, board)
    text = f'[connection]\ncrm = "salesforce"\nendpoint = "{url}"\n'
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    yield Org(world, Cli(tmp_path))
    world.close()


def test_salesforce_fields_from_the_command_line(org: Org) -> None:
    assert "CRM_Segment_Reason__c" in org("fields")
    assert "not ready" in org("fields", "check", code=6)
    made = json.loads(org("fields", "create", "--json"))
    assert done(made) == ["create"] * 4
    assert "Ready: 4 fields" in org("fields", "check")
    assert len(org.world.org.store.table("FieldPermissions")) == 8


def test_salesforce_fields_are_exported_for_an_administrator(org: Org) -> None:
    text = org("fields", "export", "package")
    assert "sf project deploy start --metadata-dir package" in text
    assert (org.cli.folder / "package" / "objects" / "Account.object").is_file()


def test_a_salesforce_user_without_setup_rights_is_told_what_to_do(org: Org) -> None:
    rights = org.world.org.rights(org.world.integration)
    rights.system -= {
        "CustomizeApplication",
        "ManageProfilesPermissionsets",
        "AssignPermissionSets",
        "ViewSetup",
    }
    org.world.org.access.forget()
    text = org("fields", "create", code=4)
    for expected in ("CRM_Segment__c", "Setup > Permission Sets", "fields export"):
        assert expected in text
    assert "fields export" in org("fields", "check", code=6)
