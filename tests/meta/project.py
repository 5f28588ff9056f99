"""The checkout that the tests stand in, as lists of files and modules."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("connectors", "segmentation", "sync", "crm_segments")

MADE_HERE = frozenset({"build", "dist", "htmlcov", "__pycache__", "bench-out", "crm-segments-demo"})
"""Folders that tools fill; they are not part of the project."""


def files(below: str = "", *, suffixes: frozenset[str] | None = None) -> Iterator[Path]:
    """Files of the project, without what tools and runs leave behind."""
    for folder, subfolders, names in os.walk(ROOT / below):
        subfolders[:] = sorted(
            name
            for name in subfolders
            if name not in MADE_HERE and (not name.startswith(".") or name == ".ci")
        )
        for name in sorted(names):
            path = Path(folder, name)
            if suffixes is None or path.suffix in suffixes:
                yield path


def shown(path: Path) -> str:
    """The path as people write it, from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module of a package, migrations apart: those run when imported."""
    for path in files(package, suffixes=frozenset({".py"})):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" not in parts:
            yield ".".join(parts).removesuffix(".__init__"), path
