"""The command as people and scripts call it: a subprocess in a folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.local import open_connector
from connectors.model import ObjectKind

__all__ = ["Cli", "Document", "copy_of", "labels"]

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Cli:
    """Calls `crm-segments` in one folder."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that every call gets."""

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CRM_SEGMENTS_")}
        return subprocess.run(
            [sys.executable, "-m", "crm_segments", *arguments],
            cwd=self.folder,
            # Installed as people have it: by its name.
            env=clean
            | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
            | {"CRM_SEGMENTS_ACTOR": "tester", "COLUMNS": "100", **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, *arguments: str, **environment: str) -> str:
        """What a command that must succeed prints."""
        result = self(*arguments, **environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def document(self, *arguments: str, code: int = 0) -> Document:
        """The one document that a command prints with --json."""
        result = self(*arguments, "--json")
        assert result.returncode == code, result.stdout + result.stderr
        found: Document = json.loads(result.stdout)
        assert found["schema_version"] == 1
        return found

    def configure(self, *lines: str, segmentation: str = "") -> None:
        """Write config.toml: `[connection]` and the lines after it, then one segmentation."""
        text = "\n".join(['[connection]\ncrm = "local"\npath = "crm.db"', *lines, "[[segmentation]]"])
        (self.folder / "config.toml").write_text(f'{text}\nname = "customers"\n{segmentation}\n')


def copy_of(cli: Cli, folder: Path) -> Cli:
    """The same folder again, to be changed."""
    shutil.copytree(cli.folder, folder, dirs_exist_ok=True)
    return Cli(folder)


def labels(cli: Cli) -> dict[str, tuple[str | None, ...]]:
    """What our fields hold for each account."""
    with open_connector(path=cli.folder / "crm.db") as crm:
        table = crm.table(ObjectKind.ACCOUNT)
    names = ("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
    if names[0] not in table.column_names:
        return {}
    columns = [table[name].to_pylist() for name in names]
    return dict(zip(table["account_id"].to_pylist(), zip(*columns, strict=True), strict=True))
