"""Connectors are found by name, ours and those of other packages."""

import sys
from pathlib import Path

import pytest

from connectors.errors import ConfigError
from connectors.registry import connector_names, load_connector


def install(folder: Path, package: str, name: str) -> None:
    """Put a package into a folder that provides a connector."""
    (folder / f"{package}.py").write_text("def open_connector():\n    return 'opened'\n", encoding="utf-8")
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        f"[crm_segments.connectors]\n{name} = {package}:open_connector\n", encoding="utf-8"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def test_a_package_adds_a_connector_by_being_installed(folder: Path) -> None:
    install(folder, "crm_acme", "acme")
    assert "acme" in connector_names()
    assert load_connector("acme")() == "opened"


def test_an_unknown_name_lists_the_known_ones(folder: Path) -> None:
    install(folder, "crm_acme", "acme")
    with pytest.raises(ConfigError, match="'akme'") as caught:
        load_connector("akme")
    assert "acme" in caught.value.hint


def test_two_packages_that_claim_one_name_are_both_named(folder: Path) -> None:
    install(folder, "crm_acme", "acme")
    install(folder, "crm_acme_fork", "acme")
    assert connector_names().count("acme") == 1
    with pytest.raises(ConfigError, match=r"crm_acme:open_connector, crm_acme_fork:open_connector") as caught:
        load_connector("acme")
    assert "Uninstall" in caught.value.hint
