"""The settings: config.toml and environment, read once, checked once, handed to each floor as its own table.

Order: environment `CRM_SEGMENTS_<TABLE>__<KEY>`, then config.toml, then the defaults written here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from connectors.config import ConnectionSettings
from connectors.errors import ConfigError
from connectors.registry import connector_names
from crm_segments.config_conditions import check_conditions
from crm_segments.config_file import ConfigFile, KeyPath, find_config, read_config, variable_name
from crm_segments.config_problems import explain_problems, refuse_unknown_variables
from segmentation.config import CurrencySettings, SegmentationSettings, with_followers
from sync.config import SyncSettings

__all__ = ["ConnectionSettings", "LoadedSettings", "Settings", "StateSettings", "load_settings"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class StateSettings(_Table):
    """The `[state]` table: where plans, runs and what was written are remembered."""

    url: Annotated[str, Field(pattern="^sqlite:///.+")] = "sqlite:///.crm-segments/state.db"
    """An SQLite file as sqlite:///PATH, relative to this file."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="CRM_SEGMENTS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    connection: ConnectionSettings = ConnectionSettings()
    """Which CRM, and where."""
    state: StateSettings = StateSettings()
    """Where the state is kept."""
    sync: SyncSettings = SyncSettings()
    """What must hold before anything is written."""
    currency: CurrencySettings = CurrencySettings()
    """How amounts become comparable."""
    segmentation: tuple[SegmentationSettings, ...] = (SegmentationSettings(),)
    """Which records are grouped, by what; one table per grouping."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library passes all sources by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - none yet
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment outranks the file, whose values are passed in."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _check_segmentations(self) -> Self:
        if not self.segmentation:
            raise ValueError("segmentation is an empty list; write at least one [[segmentation]] table")
        every = with_followers(self.segmentation)
        names = [one.name for one in every]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(
                f'two [[segmentation]] tables are called "{twice}"; give each a name = "..." of its own'
            )
        fields = [(one.object, one.field) for one in every]
        if clash := next((pair for pair in fields if fields.count(pair) > 1), None):
            raise ValueError(
                f'two [[segmentation]] tables would write the field "{clash[1]}" of {clash[0]}; '
                'give each a field = "..." of its own'
            )
        return self


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with the file that they came from."""

    settings: Settings
    file: ConfigFile
    from_environment: frozenset[KeyPath]

    @property
    def folder(self) -> Path:
        """The folder of config.toml: what relative paths are relative to."""
        return self.file.path.parent

    @property
    def crm_path(self) -> Path:
        """The embedded CRM's file."""
        return (self.folder / self.settings.connection.path.expanduser()).resolve()

    @property
    def target(self) -> str:
        """Names the configured connection, whatever account it leads to."""
        connection = self.settings.connection
        if connection.crm == "local":
            return f"local:{self.crm_path}"
        return f"{connection.crm}:{connection.endpoint or connection.domain or 'login'}"

    @property
    def state_path(self) -> Path:
        """The state store's file."""
        relative = Path(self.settings.state.url.removeprefix("sqlite:///")).expanduser()
        return (self.folder / relative).resolve()

    @property
    def state_url(self) -> str:
        """The state store's address with an absolute path."""
        return f"sqlite:///{self.state_path}"

    def origin(self, path: KeyPath) -> str:
        """Where a value comes from, in words."""
        if path in self.from_environment or path[:1] in self.from_environment:
            return variable_name(path if path in self.from_environment else path[:1])
        if path in self.file.lines:
            return f"{self.file.path.name}, line {self.file.lines[path]}"
        return "default"

    def require_crm(self) -> str:
        """The connector's name, once it is sure that this version has one.

        Raises:
            ConfigError: This version has no connector for that CRM.
        """
        crm = self.settings.connection.crm
        if crm not in connector_names():
            raise ConfigError(
                f'{self.file.path.name} asks for crm = "{crm}", for which there is no connector here.',
                hint=f"Set crm under [connection] to one of: {', '.join(connector_names())}.",
                code="config.connector.unknown",
                details={"known": connector_names()},
            )
        return crm


def load_settings(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> LoadedSettings:
    """Find, read and check the settings.

    Args:
        config: The file given on the command line, if any.
        environ: Only looked at for the file's name and for misspelt variables; values come from the process.

    Raises:
        ConfigError: Names file, line or variable, the key, and what is allowed.
    """
    file = read_config(find_config(config, environ))
    refuse_unknown_variables(environ, set(Settings.model_fields))
    try:
        variables = EnvSettingsSource(Settings)()
        settings = Settings(**file.values)
    except SettingsError as error:
        raise ConfigError(
            f"An environment variable does not hold what it should: {error}.",
            hint="Tables and lists in CRM_SEGMENTS_... variables are written as JSON.",
            code="config.variable",
        ) from None
    except ValidationError as error:
        from_environment = _leaves(EnvSettingsSource(Settings)())
        raise explain_problems(error, Settings, file, from_environment) from None
    loaded = LoadedSettings(settings, file, _leaves(variables))
    check_conditions(settings.segmentation, loaded.origin)
    return loaded


def _leaves(values: Mapping[str, object], above: KeyPath = ()) -> frozenset[KeyPath]:
    found: set[KeyPath] = set()
    for key, value in values.items():
        if isinstance(value, dict) and value:
            found |= _leaves(value, (*above, key))
        else:
            found.add((*above, key))
    return frozenset(found)
