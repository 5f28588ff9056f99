"""Settings: where they come from, which of two places wins, and what people are told about mistakes."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.errors import ConfigError
from crm_segments.config_file import CONFIG_NAME, find_config, read_config
from crm_segments.settings import ConnectionSettings, LoadedSettings, Settings, load_settings
from crm_segments.views.configuration import ConfigView, settings_schema
from tests.meta.project import ROOT

OPTIONAL = (
    "# where",
    "# exclude",
    "# endpoint",
    "# [[segmentation.rules",
    "# when",
    "# segment =",
    "# compare =",
    "# domain",
    "# api_version",
)
"""Keys that the example leaves out, because their defaults are not to be written."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_SEGMENTS_CONFIG", raising=False)


def loaded(folder: Path, text: str) -> LoadedSettings:
    (folder / CONFIG_NAME).write_bytes(text.encode())
    return load_settings(folder / CONFIG_NAME)


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return caught.value


def test_an_empty_file_is_valid_and_means_the_defaults(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").settings == Settings()


def test_paths_are_relative_to_the_file_not_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = loaded(tmp_path, '[connection]\npath = "data/own.db"\n')
    assert found.crm_path == tmp_path / "data/own.db"
    assert found.state_url == f"sqlite:///{tmp_path}/.crm-segments/state.db"


def test_the_environment_outranks_the_file_and_the_file_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SEGMENTS_SYNC__MAX_REJECTED", "7")
    found = loaded(tmp_path, "[sync]\nmax_rejected = 3\nmin_changed_records = 5\n")
    assert found.settings.sync.max_rejected == 7
    assert found.settings.sync.min_changed_records == 5
    assert found.origin(("sync", "max_rejected")) == "CRM_SEGMENTS_SYNC__MAX_REJECTED"
    assert found.origin(("sync", "min_changed_records")) == "config.toml, line 3"
    assert found.origin(("sync", "max_plan_age_days")) == "default"


def test_the_file_is_the_one_named_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("given.toml", "named.toml", CONFIG_NAME):
        (tmp_path / name).write_text("")
    named = {"CRM_SEGMENTS_CONFIG": "named.toml"}
    assert find_config(Path("given.toml"), named).name == "given.toml"
    assert find_config(None, named).name == "named.toml"
    assert find_config(None, {}).name == CONFIG_NAME


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "[sync]\n\nmax_change_share = 0.2\n",
            ["config.toml, line 3", "no key max_change_share", '"max_changed_share"'],
        ),
        (
            '[[segmentation]]\nobject = "lead"\ncontacts = "inherit"\n',
            ["config.toml, line 1", 'contacts = "inherit" does not go with object = "lead"'],
        ),
        (
            '[[segmentation]]\ncontacts = "inherit"\n[[segmentation]]\nname = "b"\nobject = "contact"\n',
            ['would write the field "crm_segment" of contact'],
        ),
        (
            '[[segmentation]]\n[[segmentation.rules]]\nwhen = "employees > 1"\nsegment = "Unclassified"\n',
            ["config.toml, line 4", "Segment cannot be Unclassified"],
        ),
        ("[snyc]\n", ["config.toml, line 1", "no table [snyc]", '"sync"']),
        (
            '[[segmentation]]\nname = "a"\n[[segmentation]]\nname = "b"\nfeld = "x"\n',
            ["line 5", "[[segmentation]]", '"field"'],
        ),
        ("[segmentation.features]\n", ["segmentation"]),
        ("[sync]\nmax_changed_share = 2\n", ["line 2", "at most 1"]),
        ('[sync]\nmax_rejected = "many"\n', ["line 2", "valid integer"]),
        ('[[segmentation]]\nname = "Key Accounts"\n', ["line 2", "lower-case letters"]),
        ('[[segmentation]]\nobject = "deal"\n', ["line 2", "'account', 'contact' or 'lead'"]),
        ("[[segmentation]]\nmin_segments = 9\nmax_segments = 3\n", ["line 1", "larger than"]),
        ('[currency]\nhome = "usd"\n', ["line 2", "three capital letters"]),
        ("[currency.rates]\nEUR = 0\n", ["line 2", "greater than 0"]),
        ('[state]\nurl = "postgresql://x/y"\n', ["line 2", "SQLite"]),
        ("[[segmentation]]\n[[segmentation]]\n", ['called "customers"']),
        (
            '[[segmentation]]\n[[segmentation]]\nname = "b"\n',
            ['would write the field "crm_segment" of account'],
        ),
        ("segmentation = []\n", ["at least one [[segmentation]]"]),
    ],
    ids=lambda value: value.replace("\n", "; ") if isinstance(value, str) else "",
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, sentences: list[str]
) -> None:
    message = refused(tmp_path, text).message
    for sentence in sentences:
        assert sentence in message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, "[sync]\nmax_rejected = -1\nmax_plan_age_days = 0\n").message
    assert "2 mistakes" in message
    assert "line 2" in message
    assert "line 3" in message


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_lines_are_counted_whatever_their_ends(tmp_path: Path, end: str) -> None:
    text = end.join(["# a", "[connection]", 'path = """', "x = 1", '"""', "pat = 1", ""])
    assert "line 6" in refused(tmp_path, text).message


def test_broken_toml_names_line_and_column(tmp_path: Path) -> None:
    assert "line 2, column 8" in refused(tmp_path, "[connection]\npath = \n").message


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_bytes(b"# fine\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="line 2"):
        read_config(tmp_path / CONFIG_NAME)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ('[connection]\naccess_token = "x"\n', "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN"),
        ('[connection]\nApi-Key = "x"\n', "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN"),
        ('[sync]\npassword = "x"\n', "CRM_SEGMENTS_CONNECTION__PASSWORD"),
        ('[[segmentation]]\nsecret = "x"\n', "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_its_place_in_the_environment_named(
    tmp_path: Path, text: str, variable: str
) -> None:
    error = refused(tmp_path, text)
    assert error.code == "config.secret"
    assert variable in error.hint
    assert "line 2" in error.message


def test_a_value_is_never_repeated_in_a_message(tmp_path: Path) -> None:
    error = refused(tmp_path, '[sync]\nmax_rejected = "canary"\n[canarytable]\nx = "canary"\n')
    assert '"canary"' not in error.message + error.hint


def test_a_variable_of_a_table_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("")
    with pytest.raises(ConfigError, match="CRM_SEGMENTS_SNYC__MAX_REJECTED") as caught:
        load_settings(tmp_path / CONFIG_NAME, {"CRM_SEGMENTS_SNYC__MAX_REJECTED": "1"})
    assert "CRM_SEGMENTS_SYNC__MAX_REJECTED" in caught.value.hint


def test_a_misspelt_variable_of_a_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SEGMENTS_SYNC__MAX_REJECT", "1")
    assert '"max_rejected"' in refused(tmp_path, "").message


def test_credentials_are_known_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in sorted(ConnectionSettings.environment_only):
        monkeypatch.setenv(f"CRM_SEGMENTS_CONNECTION__{name.upper()}", "canary")
    found = loaded(tmp_path, "")
    assert found.settings.connection.access_token is not None
    assert found.settings.connection.access_token.get_secret_value() == "canary"
    assert "canary" not in repr(found) + repr(ConfigView(found, with_origin=True).document())


def test_a_crm_without_a_connector_is_refused(tmp_path: Path) -> None:
    found = loaded(tmp_path, '[connection]\ncrm = "pipedrive"\n')
    with pytest.raises(ConfigError, match="there is no connector here"):
        found.require_crm()


def keys_of(model: type[BaseModel], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = next(
            (
                each
                for each in (field.annotation, *getattr(field.annotation, "__args__", ()))
                if isinstance(each, type) and issubclass(each, BaseModel)
            ),
            None,
        )
        if inner is None:
            found.add(f"{above}{name}")
        else:
            found |= keys_of(inner, f"{above}{name}.")
    return found


def example_keys(values: Mapping[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in values.items():
        entry = value[0] if isinstance(value, list) and value else value
        if isinstance(entry, dict) and entry:
            found |= example_keys(entry, f"{above}{name}.")
        else:
            found.add(f"{above}{name}")
    return found


def test_the_example_lists_every_setting_with_its_default() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    assert Settings(**tomllib.loads(text)) == Settings()
    optional = "\n".join(
        line.removeprefix("# ") if line.startswith(OPTIONAL) else line for line in text.splitlines()
    )
    hidden = {f"connection.{name}" for name in ConnectionSettings.environment_only}
    assert example_keys(tomllib.loads(optional)) == keys_of(Settings) - hidden
    for name in ConnectionSettings.environment_only:
        assert f"__{name.upper()}" in text


def test_the_schema_for_editors_knows_every_table_and_no_secret() -> None:
    schema = settings_schema()
    assert set(schema["properties"]) == set(Settings.model_fields)  # type: ignore[call-overload]
    assert "access_token" not in repr(schema)
