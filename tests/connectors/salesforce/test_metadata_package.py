"""The package that an administrator deploys: well-formed, in the order of the schema, complete."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from connectors.errors import ConfigError, UsageError
from connectors.model import ObjectKind
from connectors.salesforce.names import VIEWERS_SET, WRITERS_SET
from tests.connectors.salesforce.setup import DATE, KEY, OURS, TEXT, wanted, with_options
from tests.salesforce import SalesforceWorld

SPACE = "{http://soap.sforce.com/2006/04/metadata}"
FIELDS = {ObjectKind.ACCOUNT: wanted(), ObjectKind.LEAD: wanted()[:1]}


def parsed(path: Path) -> ET.Element:
    return ET.fromstring(path.read_bytes())  # noqa: S314 - our own files


def texts(element: ET.Element, path: str) -> list[str | None]:
    return [one.text for one in element.iterfind("/".join(SPACE + part for part in path.split("/")))]


def names_below(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(SPACE) for child in element]


@pytest.fixture
def folder(salesforce: SalesforceWorld, tmp_path: Path) -> Path:
    salesforce.connector.export_fields(FIELDS, tmp_path / "package")
    assert salesforce.emulator.wire.requests() == []
    return tmp_path / "package"


def test_the_manifest_names_everything_that_is_there_and_nothing_else(folder: Path) -> None:
    root = parsed(folder / "package.xml")
    assert names_below(root) == ["types", "types", "version"]
    listed = {
        kind.findtext(f"{SPACE}name"): {one.text for one in kind.iterfind(f"{SPACE}members")}
        for kind in root[:2]
    }
    made = {
        f"{path.stem}.{name}"
        for path in (folder / "objects").iterdir()
        for name in texts(parsed(path), "fields/fullName")
    }
    assert (
        listed["CustomField"] == made == {f"Account.{name}" for name in (KEY, TEXT, DATE)} | {f"Lead.{KEY}"}
    )
    assert listed["PermissionSet"] == {path.stem for path in (folder / "permissionsets").iterdir()}
    assert root.findtext(f"{SPACE}version") == "67.0"


def test_elements_stand_in_the_order_of_the_schema(folder: Path) -> None:
    """The schema is a sequence: `fullName`, then the others by name."""
    for path in folder.rglob("*.*"):
        for element in parsed(path).iter():
            below = names_below(element)
            assert below == sorted(below, key=lambda name: (name != "fullName", name)), path
    for path in (folder / "permissionsets").iterdir():
        assert names_below(parsed(path))[-2:] == ["hasActivationRequired", "label"]


def test_every_field_is_as_the_connector_makes_it(salesforce: SalesforceWorld, folder: Path) -> None:
    """The same description reaches the org on both ways."""
    salesforce.connector.ensure_fields(ObjectKind.ACCOUNT, wanted())
    account = parsed(folder / "objects" / "Account.object")
    made = {str(row["DeveloperName"]): row for row in salesforce.org.store.table("CustomField").values()}
    for field in account.iterfind(f"{SPACE}fields"):
        kept = made[(field.findtext(f"{SPACE}fullName") or "").removesuffix("__c")]
        assert field.findtext(f"{SPACE}description") == kept["Description"]
        assert f"[crm-segments {OURS}]" in (field.findtext(f"{SPACE}inlineHelpText") or "")
    options = texts(account, "fields/valueSet/valueSetDefinition/value/fullName")
    assert options == ["big", "small"]
    assert texts(account, "fields/valueSet/restricted") == ["true"]


def test_one_set_lets_edit_and_the_other_only_look(folder: Path) -> None:
    for name, editable in ((WRITERS_SET, "true"), (VIEWERS_SET, "false")):
        root = parsed(folder / "permissionsets" / f"{name}.permissionset")
        assert set(texts(root, "fieldPermissions/editable")) == {editable}
        assert set(texts(root, "fieldPermissions/readable")) == {"true"}
        assert set(texts(root, "fieldPermissions/field")) == {
            *(f"Account.{one}" for one in (KEY, TEXT, DATE)),
            f"Lead.{KEY}",
        }


@pytest.mark.parametrize("title", ["<b> & 'x' \"y\"", "]]>", "大企業 مرحبا 👩‍👩‍👧", "Müller"])
def test_titles_of_every_kind_come_through(salesforce: SalesforceWorld, tmp_path: Path, title: str) -> None:
    salesforce.connector.export_fields({ObjectKind.ACCOUNT: [with_options(("a", title))]}, tmp_path / "p")
    root = parsed(tmp_path / "p" / "objects" / "Account.object")
    assert texts(root, "fields/valueSet/valueSetDefinition/value/label") == [title]


def test_what_xml_cannot_hold_does_not_break_it(salesforce: SalesforceWorld, tmp_path: Path) -> None:
    specs = {ObjectKind.ACCOUNT: [with_options(("a", "one\x00two\x1b"))]}
    salesforce.connector.export_fields(specs, tmp_path / "p")
    root = parsed(tmp_path / "p" / "objects" / "Account.object")
    assert texts(root, "fields/valueSet/valueSetDefinition/value/label") == ["one\ufffdtwo\ufffd"]


def test_an_earlier_package_is_written_over_and_other_files_are_not(
    salesforce: SalesforceWorld, folder: Path
) -> None:
    salesforce.connector.export_fields(FIELDS, folder)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        salesforce.connector.export_fields(FIELDS, folder)
    with pytest.raises(UsageError, match="is a file"):
        salesforce.connector.export_fields(FIELDS, folder / "notes.txt")


def test_a_folder_that_cannot_be_written_is_named(salesforce: SalesforceWorld, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="file"):
        salesforce.connector.export_fields(FIELDS, tmp_path / "file" / "below")


def test_other_objects_of_the_settings_are_exported_by_their_names(
    salesforce: SalesforceWorld, tmp_path: Path
) -> None:
    with salesforce.open(objects={"account": "Customer__c"}) as connector:
        files = connector.export_fields({ObjectKind.ACCOUNT: wanted()}, tmp_path / "p")
    assert [path.name for path in files][:2] == ["package.xml", "Customer__c.object"]
