"""bundle.json: the name of a bundle, the day it describes, and whether we wrote it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_segments.bundle.errors import BundleError

__all__ = ["MANIFEST_NAME", "Manifest", "manifest_text", "read_manifest"]

MANIFEST_NAME = "bundle.json"
_WRITER = "crm-segments"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What bundle.json says; all empty when there is none."""

    name: str | None = None
    as_of: date | None = None
    is_own_export: bool = False
    files: tuple[str, ...] = ()
    """What we wrote beside it."""


def read_manifest(directory: Path) -> Manifest:
    """Read the folder's bundle.json, if there is one.

    Raises:
        BundleError: It is not valid.
    """
    path = directory / MANIFEST_NAME
    if not path.is_file():
        return Manifest()
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _invalid(f"{MANIFEST_NAME}{where} is not valid JSON") from error
    if not isinstance(content, dict):
        raise _invalid(f"{MANIFEST_NAME} is not a JSON object")
    is_own = content.get("written_by") == _WRITER
    files = content.get("files") if is_own else None
    return Manifest(
        _text(content, "name"),
        _day(content),
        is_own,
        tuple(file for file in files if isinstance(file, str)) if isinstance(files, list) else (),
    )


def manifest_text(name: str, as_of: date, files: Sequence[str]) -> str:
    """What an export writes into bundle.json."""
    content = {"name": name, "as_of": as_of.isoformat(), "written_by": _WRITER, "files": list(files)}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _text(content: dict[str, object], key: str) -> str | None:
    value = content.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise _invalid(f"{MANIFEST_NAME}: {key} is not a text")


def _day(content: dict[str, object]) -> date | None:
    text = _text(content, "as_of")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _invalid(f"{MANIFEST_NAME}: as_of is not a date") from error


def _invalid(what: str) -> BundleError:
    return BundleError(
        f"{what}.",
        hint='It looks like this: {"name": "spring", "as_of": "2026-11-30"}. It may also be left out.',
    )
