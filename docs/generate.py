"""Writes the pages of docs/reference that are made from the code, or checks that they are up to date.

    python docs/generate.py            write them
    python docs/generate.py --check    exit 1 and name the pages that differ

A page is one entry of `PAGES`: its path below docs/ and a function that renders it. Pages about commands and
settings belong here too, so that no page can say what the code does not do.
"""

import argparse
import ast
import builtins
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_args

import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from connectors.errors import CrmSegmentsError
from crm_segments.cli.app import app
from crm_segments.settings import ConnectionSettings, StateSettings
from segmentation.config import (
    CurrencySettings,
    DealSettings,
    FeatureSettings,
    RuleSettings,
    SegmentationSettings,
)
from sync.config import SyncSettings

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PACKAGES = ("connectors", "segmentation", "sync", "crm_segments")

EXIT_CODES = (
    (0, "Done. Records that are held for a decision, or that are gone, do not change that."),
    (1, "Something is broken: our fault, a damaged file, or an answer that the CRM should not give."),
    (2, "The settings, the command or an input file are wrong."),
    (4, "The CRM refused the credentials, or they lack a permission."),
    (5, "Done in part: the CRM rejected some records in this run."),
    (6, "Stopped before harm: the data, a field, a plan or a guard wants a look first."),
    (
        75,
        "Ended early, by request or because the CRM is busy. The same command goes on where it stopped.",
    ),
)

ERRORS_INTRO = """\
# Errors and exit codes

Every error says what happened, to which file, field or record, and what to do now. With `--json` the same
comes as `error: {code, message, hint, next}`. Codes and exit codes are promises: scripts may rely on them.
Nothing here ever carries a password, a token, or the data of a person.

## Exit codes

Several segmentations in one run end with the first of 1, 2, 4, 6, 75, 5, 0 that occurs.
"""


COMMANDS_INTRO = """\
# Commands

What each command answers to `--help`. Results are on stdout, everything else on stderr. `--json` prints
exactly one document with `"schema_version": 1`, also for an error. [Exit codes](errors.md) are promises.
"""

SETTINGS_INTRO = """\
# Settings

One file, `config.toml`: named by `--config`, else by `CRM_SEGMENTS_CONFIG`, else in the working folder.
A variable `CRM_SEGMENTS_<TABLE>__<KEY>`, e.g. `CRM_SEGMENTS_SYNC__MAX_REJECTED`, outranks the file.
Relative paths are relative to the file. `crm-segments init --all` writes all of it,
`crm-segments config show --origin` says where each value comes from, `crm-segments config schema` prints
a JSON schema for editors.

Credentials are refused in the file and never shown. They come from the environment:
`CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN`, `__CLIENT_ID`, `__CLIENT_SECRET`, `__USERNAME`, `__PASSWORD`,
`__SECURITY_TOKEN`, `__PRIVATE_KEY_FILE`.
"""

SETTINGS: Mapping[str, type[BaseModel]] = {
    "[connection]": ConnectionSettings,
    "[state]": StateSettings,
    "[sync]": SyncSettings,
    "[currency]": CurrencySettings,
    "[[segmentation]]": SegmentationSettings,
    "[segmentation.features]": FeatureSettings,
    "[segmentation.deals]": DealSettings,
    "[[segmentation.rules]]": RuleSettings,
}


def error_classes() -> list[type[CrmSegmentsError]]:
    """All error classes of the product, parents before children, in the order in which they are defined."""
    for path, tree in _sources():
        if any(_is_error(node) for node in tree.body):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

    def with_children(parent: type[CrmSegmentsError]) -> Iterator[type[CrmSegmentsError]]:
        yield parent
        for child in parent.__subclasses__():
            yield from with_children(child)

    return list(dict.fromkeys(with_children(CrmSegmentsError)))


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _is_error(node: ast.stmt) -> bool:
    """Whether this defines a class below one that is called an error, other than Python's own."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(base, ast.Name) and base.id.endswith("Error") and not hasattr(builtins, base.id)
        for base in node.bases
    )


def raised_codes(class_names: frozenset[str]) -> dict[str, tuple[str, str]]:
    """Each code written out where an error is made: its class and its message, values as an ellipsis."""
    codes: dict[str, tuple[str, str]] = {}
    for _, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called_name(node) in class_names:
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                code = _text(keywords.get("code"))
                if code:
                    message = _text(node.args[0] if node.args else keywords.get("message"))
                    codes.setdefault(code, (_called_name(node), message))
    return codes


def _called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _text(node: ast.expr | None) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.FormattedValue():
            return "…"
        case _:
            return ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[" ".join(cell.replace("|", "\\|").split()) for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def render_errors() -> str:
    """The page about errors and exit codes."""
    classes = error_classes()
    exits = {cls.__name__: cls.exit_code for cls in classes}
    kinds = [
        (f"`{cls.__name__}`", str(cls.exit_code), f"`{cls.default_code}`", _summary(cls))
        for cls in classes[1:]
    ]
    codes = [
        (f"`{code}`", str(exits[name]), f"`{name}`", message)
        for code, (name, message) in sorted(raised_codes(frozenset(exits)).items())
    ]
    return "\n".join(
        (
            ERRORS_INTRO,
            _table(("exit code", "meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES]),
            "## Kinds\n\nThe code of a kind is used where no narrower one is given.\n",
            _table(("kind", "exit", "code", "meaning"), kinds),
            "## Codes\n\nThe narrower codes with their messages; `…` stands for a name or a number.\n",
            _table(("code", "exit", "kind", "message"), codes),
        )
    )


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").split("\n\n")[0]


def render_commands() -> str:
    """The page about commands: what each one answers to --help."""
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})

    def help_of(*names: str) -> str:
        shown = runner.invoke(app, [*names, "--help"], prog_name="crm-segments").stdout
        return "\n".join(line.rstrip() for line in shown.strip().splitlines())

    sections = [
        f"## crm-segments {' '.join(names)}\n\n```\n{help_of(*names)}\n```\n" for names in _command_names()
    ]
    return "\n".join([COMMANDS_INTRO, f"```\n{help_of()}\n```\n", *sections])


def _command_names() -> Iterator[tuple[str, ...]]:
    for name, command in vars(typer.main.get_command(app))["commands"].items():
        inner = vars(command).get("commands", {})
        yield from ((name, each) for each in inner) if inner else [(name,)]


def render_settings() -> str:
    """The page about settings: every key with its default and its meaning, from the classes themselves."""
    parts = [SETTINGS_INTRO]
    for title, cls in SETTINGS.items():
        meanings = _member_docs(cls)
        rows = [
            (
                f"`{name}`",
                "needed" if field.is_required() else _default_text(field.default),
                meanings.get(name, ""),
            )
            for name, field in cls.model_fields.items()
            if name not in ConnectionSettings.environment_only or cls is not ConnectionSettings
            if not _is_table(field.annotation)
        ]
        parts.append(f"## {title}\n\n{_summary(cls)}\n\n{_table(('key', 'default', 'meaning'), rows)}")
    return "\n".join(parts)


def _is_table(annotation: object) -> bool:
    """Whether a key holds a table of its own, or several of them."""
    of = [annotation, *get_args(annotation)]
    return any(isinstance(each, type) and issubclass(each, BaseModel) for each in of)


def _default_text(value: object) -> str:
    if value is None:
        return "not set"
    return f"`{json.dumps(value if isinstance(value, int | float | dict | list | tuple) else str(value))}`"


def _member_docs(cls: type) -> dict[str, str]:
    """The string below each member of a class, as the house writes them."""
    (body,) = (node for node in ast.parse(inspect.getsource(cls)).body if isinstance(node, ast.ClassDef))
    return {
        member.target.id: inspect.cleandoc(text)
        for member, below in pairwise(body.body)
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name)
        if isinstance(below, ast.Expr) and (text := _text(below.value))
    }


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": render_commands,
    "reference/config.md": render_settings,
    "reference/errors.md": render_errors,
}


def main() -> int:
    """Write or check all pages; the exit code says whether they were up to date."""
    parser = argparse.ArgumentParser(description="Write the generated pages of docs/reference.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a page differs")
    check = parser.parse_args().check
    outdated = []
    for name, render in PAGES.items():
        path, wanted = DOCS / name, render()
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        outdated.append(name)
        if not check:
            path.write_text(wanted, encoding="utf-8")
            print(f"written: docs/{name}")
    if check and outdated:
        print(
            f"Out of date: {', '.join(f'docs/{name}' for name in outdated)}. Run: make docs", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
