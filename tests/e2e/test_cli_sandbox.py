"""`crm-segments sandbox`: what it says when it cannot begin. What it serves is tested with each CRM."""

import socket

import pytest

from tests.e2e.cli import Cli

CRMS = ["hubspot", "salesforce"]


@pytest.fixture
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(tmp_path_factory.mktemp("rehearsal"))


@pytest.mark.parametrize("crm", CRMS)
def test_a_folder_that_holds_nothing_is_said(cli: Cli, crm: str) -> None:
    result = cli("sandbox", crm, "--data", "nowhere")
    assert (result.returncode, result.stdout) == (2, "")
    assert "There is no folder" in result.stderr


@pytest.mark.parametrize("crm", CRMS)
def test_a_port_that_is_taken_is_said(cli: Cli, crm: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = cli("sandbox", crm, "--port", str(port))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"Port {port} on this machine cannot be used" in result.stderr
    assert f"crm-segments sandbox {crm}" in result.stderr
