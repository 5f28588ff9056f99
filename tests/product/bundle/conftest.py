"""A folder of files to read, and the reading of it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crm_segments.bundle import Bundle, read_bundle

TODAY = date(2026, 11, 23)

MakeFolder = Callable[..., Path]
ReadFiles = Callable[..., Bundle]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Makes a folder of files out of texts (UTF-8) and bytes, named by file."""

    def make(**files: str | bytes) -> Path:
        folder = tmp_path / "export"
        folder.mkdir()
        for name, content in files.items():
            path = folder / name.replace("__", " ").replace("_csv", ".csv").replace("_json", ".json")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make


@pytest.fixture
def read_files(make_folder: MakeFolder) -> ReadFiles:
    """Makes such a folder and reads it."""

    def read(*, rejects: bool = False, **files: str | bytes) -> Bundle:
        return read_bundle(make_folder(**files), rejects=rejects, today=TODAY)

    return read
