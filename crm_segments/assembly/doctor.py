"""Looks around before a run: settings, CRM, fields, state, clock, import names. Changes nothing."""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from pathlib import Path

import sync
from connectors.errors import CrmSegmentsError
from connectors.model import Finding, ObjectDescription, ObjectKind, Severity
from crm_segments.assembly.examination import Check, Examination
from crm_segments.assembly.groupings import check_fields, check_groupings
from crm_segments.assembly.opening import open_crm
from crm_segments.settings import LoadedSettings, load_settings
from segmentation.config import SegmentationSettings, with_followers
from sync.fields import field_names

__all__ = ["Examination", "examine"]

OWN_NAMES = ("connectors", "segmentation", "sync", "crm_segments")
DISTRIBUTION = "crm-segments"

_EARLIEST_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
"""This version did not exist before: a clock behind it is wrong."""


def examine(config: Path | None, *, now: datetime, folder: Path) -> Examination:
    """Every check, each with its fix; one that fails does not keep the others from being made.

    Args:
        config: The file given on the command line, if any.
        now: What the machine's clock says, with a zone.
        folder: The working directory.
    """
    checks = [*_check_names(folder), _check_clock(now)]
    try:
        settings = load_settings(config)
        check_groupings(settings)
    except CrmSegmentsError as error:
        return Examination((_failed("Settings", error), *checks))
    found = Check("Settings", Severity.OK, f"{settings.file.path} is valid")
    return Examination((found, *_check_crm(settings), *_check_state(settings), *checks))


def _failed(title: str, error: CrmSegmentsError) -> Check:
    return Check(title, Severity.FAIL, error.message, error.hint, error.exit_code)


def _guarded(title: str, check: Callable[[], Iterator[Check]]) -> tuple[Check, ...]:
    try:
        return tuple(check())
    except CrmSegmentsError as error:
        return (_failed(title, error),)


def _check_crm(settings: LoadedSettings) -> tuple[Check, ...]:
    installation = _installation_id(settings)

    def look() -> Iterator[Check]:
        with open_crm(settings) as crm:
            identity = crm.identify()
            yield Check("CRM", Severity.OK, f"{identity.label} answers ({identity.connection_id})")
            yield from (_from_finding(finding) for finding in crm.check())
            for one in with_followers(settings.settings.segmentation):
                description = crm.describe(ObjectKind(one.object))
                names = list(field_names(crm, one.field).values())
                yield _check_field(one, names[0], description, installation)
                yield from _check_others(one, names, description, installation)
                yield from _check_scope(one, description)

    return _guarded("CRM", look)


def _check_field(
    one: SegmentationSettings, name: str, description: ObjectDescription, installation: str | None
) -> Check:
    field, title = description.field(name), f"Field {name}"
    if field is None:
        return Check(title, Severity.OK, f"not on {one.object} yet; the first apply makes it")
    if not field.is_managed:
        return Check(
            title,
            Severity.FAIL,
            f"{one.object} has a field of that name that crm-segments did not make",
            f'Choose another name: field = "..." under [[segmentation]] {one.name}.',
            6,
        )
    if field.installation_id != installation:
        return Check(
            title,
            Severity.FAIL,
            f"was made on {one.object} by another installation of crm-segments, or the state of this one "
            "was lost: what was written is not known here",
            "Put back a copy of the state. Without one: crm-segments refit matches the segments to those in "
            "the CRM, and crm-segments refit approve takes the fields over.",
            6,
        )
    return Check(title, Severity.OK, f"is on {one.object}, made by crm-segments")


def _check_others(
    one: SegmentationSettings,
    names: Sequence[str],
    description: ObjectDescription,
    installation: str | None,
) -> Iterator[Check]:
    """What is wrong with the fields beside the segment's own, where that one is in order."""
    if _check_field(one, names[0], description, installation).severity is not Severity.OK:
        return
    for name in names[1:]:
        check = _check_field(one, name, description, installation)
        if check.severity is not Severity.OK:
            yield check
    missing = [name for name in names[1:] if description.field(name) is None]
    if description.field(names[0]) is not None and missing:
        yield Check(
            f"Fields of {one.name}",
            Severity.WARN,
            f"{', '.join(missing)}: deleted from {one.object}, or hidden from the CRM user",
            "crm-segments fields check says what has to be done; the next run makes what it may.",
        )


def _check_scope(one: SegmentationSettings, description: ObjectDescription) -> tuple[Check, ...]:
    if not one.conditions and not one.compare:
        return ()
    title = f"Conditions of {one.name}"
    try:
        check_fields(one, [field.name for field in description.fields])
    except CrmSegmentsError as error:
        return (_failed(title, error),)
    return (Check(title, Severity.OK, "name only fields that are known"),)


def _installation_id(settings: LoadedSettings) -> str | None:
    """Who we are to the CRM's fields; None where there is no state, or none that opens."""
    if not settings.state_path.exists():
        return None
    try:
        with sync.open_store(settings.state_url) as store:
            return store.installation_id()
    except CrmSegmentsError:
        # The check of the state says why.
        return None


def _from_finding(finding: Finding) -> Check:
    failed = finding.severity is Severity.FAIL
    return Check("CRM", finding.severity, finding.what, finding.hint, 1 if failed else 0)


def _check_state(settings: LoadedSettings) -> tuple[Check, ...]:
    def look() -> Iterator[Check]:
        path = settings.state_path
        if not path.exists():
            yield Check("State", Severity.OK, f"{path} is not there yet; the first plan makes it")
            return
        with sync.open_store(settings.state_url):
            yield Check("State", Severity.OK, f"{path} opens")

    return _guarded("State", look)


def _check_clock(now: datetime) -> Check:
    text = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if now < _EARLIEST_CLOCK:
        return Check(
            "Clock", Severity.FAIL, f"the machine says {text}, which has long passed", "Set the clock.", 1
        )
    return Check("Clock", Severity.OK, text)


def _check_names(folder: Path) -> Iterator[Check]:
    """Three of our import names are plain words: another package, or a folder here, may own them too."""
    owners = packages_distributions()
    clean = True
    for name in OWN_NAMES:
        others = sorted({owner for owner in owners.get(name, ()) if owner.lower() != DISTRIBUTION})
        if others:
            clean = False
            yield Check(
                "Packages",
                Severity.WARN,
                f"{', '.join(others)} installs a package called {name} too",
                "Install crm-segments on its own: pipx install crm-segments",
            )
        loaded = getattr(sys.modules.get(name), "__file__", None)
        for shadow in (folder / name, folder / f"{name}.py"):
            is_ours = loaded is not None and Path(loaded).is_relative_to(folder)
            if shadow.exists() and not is_ours:
                clean = False
                yield Check(
                    "Packages",
                    Severity.WARN,
                    f"{shadow.name} in this folder has the name of a package of crm-segments",
                    "Run crm-segments from another folder, or rename it.",
                )
    if clean:
        yield Check("Packages", Severity.OK, "no other package uses our names")
