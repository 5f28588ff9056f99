"""Makes a function a command: adds the common options, catches errors at the edge, sets the exit code."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Concatenate, Literal, ParamSpec

import typer

from crm_segments.cli.edge import carry_out
from crm_segments.cli.invocation import Invocation

__all__ = ["command", "group_default"]

Own = ParamSpec("Own")
Body = Callable[Concatenate[Invocation, Own], int | None]

COMMON = "Common options"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings to use; else CRM_SEGMENTS_CONFIG, else ./config.toml.",
        rich_help_panel=COMMON,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document for scripts.", rich_help_panel=COMMON)
]
LogLevelOption = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option("--log-level", help="How much to tell on stderr.", rich_help_panel=COMMON),
]
LogFormatOption = Annotated[
    Literal["text", "json"],
    typer.Option("--log-format", help="How log lines look.", rich_help_panel=COMMON),
]
DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show where an unexpected error came from.", rich_help_panel=COMMON)
]

_COMMON = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("config", None, ConfigOption),
        ("as_json", False, JsonOption),
        ("log_level", None, LogLevelOption),
        ("log_format", "text", LogFormatOption),
        ("debug", False, DebugOption),
    )
]


def command(
    app: typer.Typer, name: str, *, title: str | None = None
) -> Callable[[Callable[Concatenate[Invocation, Own], int | None]], Callable[..., None]]:
    """Register a function `(invocation, own arguments) -> exit code` under `name`.

    Args:
        app: The group that it belongs to.
        name: What people type.
        title: The whole command where it is more than the name: `segments list`.
    """

    def register(body: Callable[Concatenate[Invocation, Own], int | None]) -> Callable[..., None]:
        own = list(inspect.signature(body).parameters.values())[1:]

        def entry(**values: object) -> None:
            common = {each.name: values.pop(each.name) for each in _COMMON}
            invocation = Invocation(title or name, **common)  # type: ignore[arg-type]
            code = carry_out(invocation, lambda: body(invocation, **values))  # type: ignore[arg-type, call-arg]
            raise typer.Exit(code)

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + _COMMON
        entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        entry.__annotations__ = {each.name: each.annotation for each in parameters}
        entry.__doc__ = body.__doc__
        entry.__name__ = body.__name__
        app.command(name)(entry)
        return entry

    return register


def group_default(group: typer.Typer, entry: Callable[..., None]) -> None:
    """Let a group without a command do what one of its commands does, with the same common options.

    Args:
        group: The group.
        entry: What `command` gave for that command; it has no arguments of its own.
    """

    def alone(context: typer.Context, **values: object) -> None:
        if context.invoked_subcommand is None:
            entry(**values)
        _check_unused(context.invoked_subcommand or "", values)

    parameters = [
        inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *_COMMON,
    ]
    alone.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    alone.__annotations__ = {each.name: each.annotation for each in parameters}
    group.callback(invoke_without_command=True)(alone)


def _check_unused(subcommand: str, values: Mapping[str, object]) -> None:
    """Refuse options that stand before the command: they would say nothing to it."""
    if any(values[each.name] != each.default for each in _COMMON):
        raise typer.BadParameter(f"options stand behind the command: write them after {subcommand}")
