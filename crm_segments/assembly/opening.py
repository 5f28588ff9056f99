"""Opens the CRM and the state that the settings name."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sync
from connectors.contract import Connector
from connectors.errors import UsageError
from connectors.model import Observer, Progress
from connectors.registry import load_connector
from crm_segments.config_conditions import condition_places
from crm_segments.settings import LoadedSettings
from segmentation.config import with_followers

if TYPE_CHECKING:
    from connectors.local.connector import LocalConnector

__all__ = ["WorkspaceOptions", "actor_name", "open_crm", "open_embedded_crm", "open_workspace"]


def _ignore(_progress: Progress) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class WorkspaceOptions:
    """What a command brings along when it opens a workspace."""

    command: str
    """What the history calls it."""
    observer: Observer = _ignore
    should_stop: Callable[[], bool] = _never


def actor_name() -> str:
    """Who is at the keyboard, or what the schedule calls itself."""
    named = os.environ.get("CRM_SEGMENTS_ACTOR")
    if named:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that no name belongs to.
        return "unknown"


@contextmanager
def open_crm(settings: LoadedSettings, *, create: bool = False) -> Iterator[Connector]:
    """The CRM of the settings.

    Raises:
        ConfigError: No connector for it, or no such file.
    """
    open_configured = load_connector(settings.require_crm())
    opened: Connector = open_configured(settings.settings.connection, folder=settings.folder, create=create)
    with opened as connector:
        yield connector


@contextmanager
def open_embedded_crm(settings: LoadedSettings, *, create: bool = False) -> Iterator["LocalConnector"]:
    """The embedded CRM, for what only it can do: take tables in and give them out.

    Raises:
        UsageError: The settings name another CRM.
    """
    from connectors.local import open_connector  # noqa: PLC0415 - only for settings that name it

    if settings.require_crm() != "local":
        raise UsageError(
            "Only the embedded CRM takes and gives whole files.",
            hint='Set crm = "local" under [connection].',
            code="usage.embedded_only",
        )
    with open_connector(path=settings.crm_path, create=create) as connector:
        yield connector


@contextmanager
def open_workspace(settings: LoadedSettings, options: WorkspaceOptions) -> Iterator["sync.Workspace"]:
    """CRM and state together, as the sync works with them.

    Raises:
        ConfigError: No connector, no such file, or no place for the state.
    """
    with open_crm(settings) as connector, sync.open_store(settings.state_url) as store:
        yield sync.Workspace(
            connector=connector,
            store=store,
            target=settings.target,
            settings=settings.settings.sync,
            currency=settings.settings.currency,
            segmentations=with_followers(settings.settings.segmentation),
            actor=actor_name(),
            snapshot_dir=settings.state_path.parent / "snapshots",
            command=options.command,
            observer=options.observer,
            should_stop=options.should_stop,
            places=condition_places(settings.settings.segmentation, settings.origin),
        )
