"""Settings on screen: what holds, where it comes from, what an editor needs to know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crm_segments.config_file import KeyPath
from crm_segments.settings import ConnectionSettings, LoadedSettings, Settings
from crm_segments.views.text import bullet, counted, heading, say, to_do_next, visible

if TYPE_CHECKING:
    from crm_segments.assembly.starting import InitReport

__all__ = ["ConfigCheckView", "ConfigSchemaView", "ConfigView", "InitView", "settings_schema"]


def _values(model: BaseModel, above: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, (*above, name))
        elif isinstance(value, tuple) and value and all(isinstance(each, BaseModel) for each in value):
            for index, each in enumerate(value):
                yield from _values(each, (*above, name, index))
        else:
            yield (*above, name), value


def _is_shown(path: KeyPath, value: object) -> bool:
    return value is not None or path[-1] not in ConnectionSettings.environment_only


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set, not shown)"
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | dict):
        return repr(list(value) if isinstance(value, tuple) else value)
    return visible(str(value))


@dataclass(frozen=True, slots=True)
class ConfigView:
    """All settings in force."""

    loaded: LoadedSettings
    with_origin: bool

    def human(self, console: Console) -> None:
        """By table; with the place that each value comes from on request."""
        say(console, f"Settings of {visible(str(self.loaded.file.path))}", "bold")
        tables: dict[KeyPath, list[tuple[KeyPath, object]]] = {}
        for path, value in _values(self.loaded.settings):
            if _is_shown(path, value):
                tables.setdefault(path[:-1], []).append((path, value))
        for table, entries in tables.items():
            names = ".".join(str(part) for part in table if isinstance(part, str))
            is_entry = isinstance(table[-1], int)
            heading(console, f"[[{names}]]" if is_entry else f"[{names}]")
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold")
            if self.with_origin:
                grid.add_column(overflow="fold", style="dim")
            for path, value in entries:
                origin = [Text(self.loaded.origin(path))] if self.with_origin else []
                grid.add_row(Text(str(path[-1]), style="cyan"), Text(_as_text(value)), *origin)
            console.print(Padding(grid, (0, 0, 0, 2), expand=False))
        if not self.with_origin:
            to_do_next(console, ("crm-segments config show --origin", "where each value comes from"))
        else:
            to_do_next(console, ("crm-segments doctor", "check the CRM and the state that they name"))

    def document(self) -> dict[str, object]:
        """Every key with its value and its origin."""
        entries = [
            {
                "key": ".".join(str(part) for part in path),
                "value": _as_text(value) if isinstance(value, SecretStr) else _plain(value),
                "origin": self.loaded.origin(path),
            }
            for path, value in _values(self.loaded.settings)
            if _is_shown(path, value)
        ]
        return {"file": str(self.loaded.file.path), "settings": entries}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | float | bool | dict) or value is None else str(value)


def settings_schema() -> dict[str, object]:
    """JSON schema of config.toml, without the keys that never stand in it."""
    schema = Settings.model_json_schema()
    properties = schema["$defs"]["ConnectionSettings"]["properties"]
    for name in ConnectionSettings.environment_only:
        del properties[name]
        schema["properties"]["connection"]["default"].pop(name, None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "config.toml of crm-segments"
    return schema


@dataclass(frozen=True, slots=True)
class ConfigSchemaView:
    """What an editor needs to check a config.toml while it is written."""

    def human(self, console: Console) -> None:
        """The schema itself: it is meant for a file."""
        console.print_json(data=settings_schema(), highlight=False, indent=2)

    def document(self) -> dict[str, object]:
        """The schema under a key of its own."""
        return {"schema": settings_schema()}


@dataclass(frozen=True, slots=True)
class ConfigCheckView:
    """Settings that were checked and found right."""

    loaded: LoadedSettings

    def human(self, console: Console) -> None:
        """One sentence, then what the settings amount to."""
        settings = self.loaded.settings
        say(console, f"{visible(str(self.loaded.file.path))} is valid.", "bold")
        place = self.loaded.target.removeprefix(f"{settings.connection.crm}:")
        bullet(console, f"CRM: {settings.connection.crm}, {visible(place)}")
        bullet(console, f"State: {visible(str(self.loaded.state_path))}")
        for one in settings.segmentation:
            scope = f" where {visible(one.where)}" if one.where else ""
            bullet(console, f"{one.name}: {counted(2, one.object)[2:]}{scope}, written to {one.field}")
        to_do_next(console, ("crm-segments doctor", "check the CRM and the state that they name"))

    def document(self) -> dict[str, object]:
        """That they are valid."""
        names = [one.name for one in self.loaded.settings.segmentation]
        return {"status": "complete", "file": str(self.loaded.file.path), "segmentations": names}


@dataclass(frozen=True, slots=True)
class InitView:
    """A config.toml that was just made."""

    report: "InitReport"

    def human(self, console: Console) -> None:
        """What was written, and what comes next."""
        say(console, f"Wrote {visible(str(self.report.config))}.", "bold")
        if self.report.gitignore:
            what = "The CRM's file and the state are" if self.report.crm == "local" else "The state is"
            bullet(console, f"{what} kept out of git (.gitignore).")
        if self.report.crm == "salesforce":
            self._salesforce(console)
            return
        if self.report.crm == "hubspot":
            self._hubspot(console)
            return
        bullet(console, f"The CRM is the embedded one, in {visible(self.report.crm_path)}; import makes it.")
        to_do_next(
            console,
            ("crm-segments import DIR", "bring in your CSV exports"),
            ("crm-segments sample sample", "or a made-up company first"),
        )

    def _hubspot(self, console: Console) -> None:
        bullet(
            console,
            "In HubSpot, Development > Keys > Service keys, make a key with the scopes that "
            "docs/how-to/hubspot-key.md lists; put it into CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN.",
        )
        to_do_next(
            console,
            ("crm-segments doctor", "does the key work, and which scopes does it lack?"),
            ("crm-segments sandbox hubspot", "or rehearse with an emulated HubSpot first"),
        )

    def _salesforce(self, console: Console) -> None:
        if self.report.domain is None:
            bullet(console, "Set domain in it to your My Domain (Setup > My Domain).")
        bullet(
            console,
            "In Setup > External Client App Manager make an app with the client credentials flow; put its "
            "key and secret into CRM_SEGMENTS_CONNECTION__CLIENT_ID and __CLIENT_SECRET.",
        )
        to_do_next(
            console,
            ("crm-segments doctor", "does the login work, what may the user see and write?"),
            ("crm-segments sandbox salesforce", "or rehearse with an emulated Salesforce first"),
        )

    def document(self) -> dict[str, object]:
        """Files."""
        return {"status": "complete", "config": str(self.report.config), "crm": self.report.crm}
