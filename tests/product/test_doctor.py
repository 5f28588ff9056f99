"""`doctor` finds what is wrong and names the way out; it changes nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.local import open_connector
from connectors.model import FieldSpec, FieldType, ObjectKind, Severity
from crm_segments.assembly.doctor import examine
from crm_segments.assembly.examination import Check, Examination
from sync import open_store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text("")
    with open_connector(path=tmp_path / "crm.db", create=True):
        pass
    return tmp_path


def examined(folder: Path, *, now: datetime = NOW, where: Path | None = None) -> Examination:
    return examine(folder / "config.toml", now=now, folder=where or folder)


def failed(examination: Examination) -> list[Check]:
    return [check for check in examination.checks if check.severity is Severity.FAIL]


def test_a_folder_in_order_has_nothing_failing_and_is_left_as_it_was(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    found = examined(folder)
    assert failed(found) == []
    assert found.exit_code == 0
    assert {path.name for path in folder.iterdir()} == before


def test_missing_settings_fail_with_the_code_of_settings(tmp_path: Path) -> None:
    found = examine(tmp_path / "config.toml", now=NOW, folder=tmp_path)
    assert found.exit_code == 2
    assert failed(found)[0].fix


def test_a_missing_crm_file_names_import_and_the_state_is_looked_at_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    found = examined(tmp_path)
    assert [check.title for check in failed(found)] == ["CRM"]
    assert "import" in failed(found)[0].fix
    assert "State" in {check.title for check in found.checks}


def test_a_field_of_someone_else_is_found_before_a_run_is(folder: Path) -> None:
    with open_connector(path=folder / "crm.db") as crm:
        columns = {name: pa.array([], pa.string()) for name in ("account_id", "crm_segment_since")}
        crm.load({ObjectKind.ACCOUNT: pa.table(columns)}, as_of=NOW.date())
    (check,) = failed(examined(folder))
    assert check.title == "Field crm_segment_since"
    (folder / "config.toml").write_text('[[segmentation]]\nfield = "industry"\n')
    (check,) = failed(examined(folder))
    assert check.title == "Field industry"
    assert 'field = "..."' in check.fix
    assert examined(folder).exit_code == 6


def make_our_field(folder: Path, installation: str) -> None:
    spec = FieldSpec(
        "crm_segment", "Customer segment", FieldType.PICKLIST, installation_id=installation, is_custom=True
    )
    with open_connector(path=folder / "crm.db") as crm:
        crm.ensure_fields(ObjectKind.ACCOUNT, [spec])


def test_our_own_field_is_recognised(folder: Path) -> None:
    with open_store(f"sqlite:///{folder}/.crm-segments/state.db") as store:
        make_our_field(folder, store.installation_id())
    whats = {check.title: check.what for check in examined(folder).checks}
    assert "made by crm-segments" in whats["Field crm_segment"]


def test_fields_that_are_missing_beside_the_segment_are_named(folder: Path) -> None:
    with open_store(f"sqlite:///{folder}/.crm-segments/state.db") as store:
        make_our_field(folder, store.installation_id())
    (check,) = [check for check in examined(folder).checks if check.title == "Fields of customers"]
    assert check.severity is Severity.WARN
    assert check.what.startswith("crm_segment_confidence, crm_segment_reason, crm_segment_since: deleted")
    assert "fields check" in check.fix


def test_fields_whose_state_was_lost_name_refit_as_the_way_out(folder: Path) -> None:
    make_our_field(folder, "a lost installation")
    (check,) = failed(examined(folder))
    assert check.title == "Field crm_segment"
    assert "refit" in check.fix
    with open_store(f"sqlite:///{folder}/.crm-segments/state.db"):
        pass
    assert [each.title for each in failed(examined(folder))] == ["Field crm_segment"]


def test_a_condition_on_a_field_that_nobody_has_is_found_before_a_plan_is(folder: Path) -> None:
    (folder / "config.toml").write_text("[[segmentation]]\nwhere = 'won_deals > 1 and emplyees > 5'\n")
    (check,) = failed(examined(folder))
    assert "there is no field emplyees" in check.what
    assert "employees" in check.fix
    (folder / "config.toml").write_text("[[segmentation]]\nwhere = 'win_rate > 0.1 and employees > 5'\n")
    assert failed(examined(folder)) == []


def test_a_damaged_state_is_found(folder: Path) -> None:
    (folder / ".crm-segments").mkdir()
    (folder / ".crm-segments/state.db").write_text("not a database at all, but long enough" * 40)
    assert [check.title for check in failed(examined(folder))] == ["State"]


def test_a_clock_that_is_years_behind_is_found(folder: Path) -> None:
    found = examined(folder, now=datetime(2001, 1, 1, tzinfo=UTC))
    assert [check.title for check in failed(found)] == ["Clock"]


def test_a_folder_that_shadows_a_package_is_warned_about(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sync").mkdir()
    warned = [check for check in examined(folder).checks if check.severity is Severity.WARN]
    assert any("sync" in check.what for check in warned)
    assert examined(folder).exit_code == 0
