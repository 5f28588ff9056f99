"""Finds config.toml, reads it, knows on which line each key stands. What the keys mean is in `settings`."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.errors import ConfigError

__all__ = [
    "CONFIG_NAME",
    "SECRET_KEYS",
    "ConfigFile",
    "KeyPath",
    "find_config",
    "read_config",
    "variable_name",
]

CONFIG_NAME = "config.toml"

SECRET_KEYS = {
    "access_token": "access_token",
    "api_key": "access_token",
    "token": "access_token",
    "client_id": "client_id",
    "client_secret": "client_secret",
    "secret": "client_secret",
    "username": "username",
    "password": "password",
    "security_token": "security_token",
    "private_key": "private_key_file",
    "private_key_file": "private_key_file",
}
"""Keys that never stand in a file of settings, in whatever table, and the environment's name for each."""

KeyPath = tuple[str | int, ...]
"""Where a value is: `("segmentation", 0, "field")`."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A read config.toml: its values and where they stand."""

    path: Path
    """Absolute; relative paths inside are relative to its folder."""
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    """Line of each table and key, counted from 1."""

    def line(self, path: KeyPath) -> int | None:
        """The line of this key, else of the nearest table around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


def find_config(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The file to read: the one given, else `CRM_SEGMENTS_CONFIG`, else ./config.toml.

    Raises:
        ConfigError: There is no such file.
    """
    named = environ.get("CRM_SEGMENTS_CONFIG")
    path = given or Path(named or CONFIG_NAME)
    if path.is_file():
        return path.absolute()
    if given is None and not named:
        raise ConfigError(
            f"There is no {CONFIG_NAME} in this folder ({Path.cwd()}).",
            hint="Make one here, or name yours with --config FILE. To look around first: crm-segments demo",
            code="config.missing",
            next_command="crm-segments init",
        )
    source = "--config" if given else "CRM_SEGMENTS_CONFIG"
    what = "is a folder, not a file" if path.is_dir() else "does not exist"
    raise ConfigError(
        f"{path} (named by {source}) {what}.",
        hint="Name an existing file, or make one with crm-segments init.",
        code="config.missing",
    )


def read_config(path: Path) -> ConfigFile:
    """Read the file; refuse one that is not TOML or that carries a secret.

    Raises:
        ConfigError: Unreadable, not TOML (names the line), or a secret stands in it.
    """
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        place = f"{path}, line {found[1]}, column {found[2]}" if found else f"{path}, at its end"
        raise ConfigError(
            f"{place}: this is not valid TOML: {_POSITION.sub('', str(error)).strip()}.",
            hint='Mend that line. A key looks like: path = "crm.db"',
            code="config.syntax",
        ) from None
    file = ConfigFile(path, values, dict(_key_lines(text)))
    _refuse_secrets(file)
    return file


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Check the file's permissions.",
            code="config.unreadable",
        ) from error
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}, line {line}: there is a character that is not UTF-8.",
            hint="Save the file as UTF-8 in your editor.",
            code="config.encoding",
        ) from None


def _split(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""", dotted)
    return tuple(part.strip("\"'") for part in parts)


def _key_lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every table and key with its line. Multi-line strings and arrays hold no keys of ours."""
    table: KeyPath = ()
    counts: dict[tuple[str, ...], int] = {}
    quote: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if quote is not None:
            quote = None if quote in line else quote
            continue
        if header := _HEADER.match(line):
            table = _table_path(_split(header[2]), counts, is_array=header[1] == "[[")
            yield table, number
        elif key := _KEY.match(line):
            yield table + _split(key[1]), number
            quote = _open_quote(line[key.end() :])


def _table_path(names: tuple[str, ...], counts: dict[tuple[str, ...], int], *, is_array: bool) -> KeyPath:
    if is_array:
        counts[names] = counts.get(names, -1) + 1
    path: list[str | int] = []
    for depth in range(1, len(names) + 1):
        path.append(names[depth - 1])
        if names[:depth] in counts:
            path.append(counts[names[:depth]])
    return tuple(path)


def _open_quote(value: str) -> str | None:
    for quote in ('"""', "'''"):
        if value.count(quote) == 1:
            return quote
    return None


def variable_name(path: KeyPath) -> str:
    """The environment variable that sets this key, e.g. `CRM_SEGMENTS_SYNC__MAX_REJECTED`."""
    return "CRM_SEGMENTS_" + "__".join(str(part) for part in path).upper()


def _refuse_secrets(file: ConfigFile) -> None:
    for path in _paths(file.values):
        name = str(path[-1]).lower().replace("-", "_")
        if name not in SECRET_KEYS:
            continue
        variable = variable_name(("connection", SECRET_KEYS[name]))
        raise ConfigError(
            f"{file.path}, line {file.line(path)}: {name} does not belong in this file, "
            "which gets copied and shared.",
            hint=f"Delete that line and set the environment variable {variable}; "
            "if the file was ever shared, renew the credential.",
            code="config.secret",
        )


def _paths(values: object, above: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(values, dict):
        for key, value in values.items():
            yield (*above, key)
            yield from _paths(value, (*above, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from _paths(value, (*above, index))
