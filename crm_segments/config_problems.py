"""Turns what is wrong with the settings into sentences that name file, line, key and what is allowed."""

import difflib
import typing
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connectors.errors import ConfigError
from crm_segments.config_file import SECRET_KEYS, ConfigFile, KeyPath, variable_name

__all__ = ["closest", "explain_problems", "refuse_unknown_variables"]

_PATTERNS = {
    "^[a-z][a-z0-9_]{0,39}$": "at most 40 lower-case letters, digits and _, a letter first",
    "^[a-z][a-z0-9_]{0,29}$": "at most 30 lower-case letters, digits and _, a letter first",
    "^[a-z][a-z0-9_-]{0,39}$": 'the name of a CRM, e.g. "local"',
    "^[A-Z]{3}$": "a currency code of three capital letters, e.g. USD",
    "^sqlite:///.+": "sqlite:///PATH (this version keeps its state in an SQLite file)",
}


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def explain_problems(
    error: ValidationError, model: type[BaseModel], file: ConfigFile, from_environment: AbstractSet[KeyPath]
) -> ConfigError:
    """One error that lists every problem with its place; values are never repeated."""
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        path = _place_of(problem)
        place = _place(path, file, from_environment)
        sentences.append(f"{place}: {_sentence(problem, path, model)}")
    count = len(sentences)
    head = "The settings have a mistake." if count == 1 else f"The settings have {count} mistakes."
    return ConfigError(
        head + "".join(f"\n  {sentence}" for sentence in sentences),
        hint="Mend what is named above; crm-segments init --all, in an empty folder, writes every key "
        "with a line of why.",
        code="config.invalid",
        details={"keys": [_dotted(_place_of(problem)) for problem in error.errors(include_input=False)]},
        next_command="crm-segments config validate",
    )


def refuse_unknown_variables(environ: Mapping[str, str], tables: AbstractSet[str]) -> None:
    """Refuse `CRM_SEGMENTS_<TABLE>__...` whose table does not exist: it would be ignored in silence.

    Raises:
        ConfigError: Names the variable and the table that was probably meant.
    """
    for name in sorted(environ):
        table, separator, key = name.upper().removeprefix("CRM_SEGMENTS_").partition("__")
        if not name.upper().startswith("CRM_SEGMENTS_") or not separator or table.lower() in tables:
            continue
        meant = closest(table, tables)
        guess = f"Did you mean CRM_SEGMENTS_{meant.upper()}__{key}?" if meant else "Unset it."
        raise ConfigError(
            f"The environment variable {name} names a table of settings that does not exist.",
            hint=f"{guess} Tables: {', '.join(sorted(tables))}.",
            code="config.variable",
        )


def _place_of(problem: ErrorDetails) -> KeyPath:
    return tuple(part for part in problem["loc"] if part != "[key]")


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)


def _place(path: KeyPath, file: ConfigFile, from_environment: AbstractSet[KeyPath]) -> str:
    if path in from_environment:
        return variable_name(path)
    line = file.line(path)
    return file.path.name if line is None else f"{file.path.name}, line {line}"


def _sentence(problem: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        return _unknown_key(path, model)
    key = str(path[-1]) if path else ""
    context = problem.get("ctx", {})
    if problem["type"] == "string_pattern_mismatch":
        wanted = _PATTERNS.get(str(context.get("pattern")), f"text like {context.get('pattern')}")
        return f"{key} must be {wanted}."
    if problem["type"] == "value_error":
        text = str(context.get("error", problem["msg"]))
        return text[:1].upper() + text[1:] + "."
    if problem["type"] == "tuple_type" and path == ("segmentation",):
        return "write [[segmentation]] with two brackets: there may be several of them."
    if key.endswith("_share") and problem["type"] == "less_than_equal":
        return f"{key} must be at most {float(context.get('le', 1)):g}: it is a share, so 0.10 means 10 %."
    wanted = problem["msg"].removeprefix("Input should be ").split(", unable to parse")[0]
    return f"{key} must be {wanted}." if wanted != problem["msg"] else f"{key}: {wanted}."


def _unknown_key(path: KeyPath, model: type[BaseModel]) -> str:
    key = str(path[-1])
    owner = _model_at(model, path[:-1])
    known = [] if owner is None else [name for name in owner.model_fields if name not in SECRET_KEYS]
    table = _table_title(path[:-1])
    what = f"there is no table [{key}]" if not table else f"there is no key {key} under {table}"
    meant = closest(key, known)
    guess = f'did you mean "{meant}"?' if meant else f"known: {', '.join(known)}."
    return f"{what}; {guess}"


def _table_title(path: KeyPath) -> str:
    names = ".".join(str(part) for part in path if isinstance(part, str))
    is_list_entry = bool(path) and isinstance(path[-1], int)
    return (f"[[{names}]]" if is_list_entry else f"[{names}]") if names else ""


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int) or current is None:
            continue
        field = current.model_fields.get(part)
        current = None if field is None else _model_in(field.annotation)
    return current


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _model_in(part))), None)
