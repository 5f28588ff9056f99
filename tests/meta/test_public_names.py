"""What a module offers: `__all__` says it, all of it, in order."""

import ast
import importlib
from pathlib import Path

import pytest

from tests.meta.project import PACKAGES, modules

CONNECTOR_MODULES = [(name, path) for name, path in modules("connectors") if name != "connectors"]
DECLARING = [
    (name, path)
    for package in PACKAGES
    for name, path in modules(package)
    if "__all__" in path.read_text("utf-8")
]


def declared(path: Path) -> list[str]:
    """The names in `__all__`, in their order; empty where there is none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            ):
                return list(ast.literal_eval(value))
    return []


def defined(path: Path) -> set[str]:
    """Public classes and functions that the module defines itself."""
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }


def in_reading_order(names: list[str]) -> list[str]:
    """Constants, then classes, then functions, each by the alphabet."""
    return sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))


@pytest.mark.parametrize(("name", "path"), CONNECTOR_MODULES, ids=[name for name, _ in CONNECTOR_MODULES])
def test_modules_of_connectors_declare_all_that_they_define(name: str, path: Path) -> None:
    if path.name != "__init__.py" or defined(path):
        assert defined(path) - set(declared(path)) == set(), f"{name}.__all__ lacks these"


@pytest.mark.parametrize(("name", "path"), DECLARING, ids=[name for name, _ in DECLARING])
def test_declared_names_are_in_order_and_exist(name: str, path: Path) -> None:
    names = declared(path)
    assert names == in_reading_order(names)
    module = importlib.import_module(name)
    assert [public for public in names if not hasattr(module, public)] == []
