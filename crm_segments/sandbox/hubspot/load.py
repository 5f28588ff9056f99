"""Fills a portal from a folder of CSV files: a bundle, or a generated company."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from crm_segments.bundle import Bundle, read_bundle
from crm_segments.sandbox.hubspot.conversions import CONVERSIONS, Conversion, activity_kind
from crm_segments.sandbox.hubspot.derived import derived_by_change
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.options import choose_option, choose_stage
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.store import Record
from crm_segments.sandbox.hubspot.values import InvalidValueError, stored_value
from crm_segments.sandbox.loading import Cells, LoadReport, rows

__all__ = ["load_bundle", "load_folder"]

_IMPORT = "IMPORT:1"
"""How the history of a value names a file that was imported."""
_LONGEST_ID = 18


def load_folder(portal: HubSpotPortal, folder: Path, *, today: date | None = None) -> LoadReport:
    """Reads a folder of CSV files into the portal; bad lines are left out.

    Raises:
        BundleError: The folder holds nothing that can be read.
    """
    return load_bundle(portal, read_bundle(folder, rejects=True, today=today or portal.now().date()))


def load_bundle(portal: HubSpotPortal, bundle: Bundle) -> LoadReport:
    """Puts the records of a bundle into the portal. What it cannot hold as it is stands as it can.

    Records that came from an earlier bundle are brought up to date: only values that differ are written, as a
    person would. Records that are absent now stay.

    Sizes and amounts that are no plain numbers ("51-200") are left empty: HubSpot's properties are numbers.
    Industries, types and stages that the portal lacks become options and stages of it.
    """
    loading = _Loading(portal, bundle)
    for conversion in CONVERSIONS:
        loading.read(conversion)
    loading.link_parents()
    return LoadReport(loading.counts, portal.loaded_ids)


class _Loading:
    def __init__(self, portal: HubSpotPortal, bundle: Bundle) -> None:
        self._portal = portal
        self._bundle = bundle
        self._ids = portal.loaded_ids
        self.counts: dict[str, int] = {}

    def read(self, conversion: Conversion) -> None:
        for cells in rows(self._bundle, conversion.source):
            kind = self._portal.kind(conversion.kind or activity_kind(cells))
            values = self._stored(kind, conversion.values(cells))
            if kind.name == "deals":
                values.update(choose_stage(self._portal, cells))
            place = f"{conversion.source}:{next(iter(cells.values()))}"
            record_id = self._save(kind, place, values, cells)
            for link in conversion.links(cells):
                other = self._ids.get(link.place)
                if other is not None:
                    self._portal.associate(kind.name, record_id, link.kind, other, primary=link.primary)
            self.counts[kind.name] = self.counts.get(kind.name, 0) + 1

    def link_parents(self) -> None:
        for cells in rows(self._bundle, "account"):
            child = self._ids[f"account:{cells['account_id']}"]
            parent = self._ids.get(f"account:{cells.get('parent_id')}")
            if parent is not None and parent != child:
                self._portal.set_parent(child, parent)

    def _save(self, kind: Kind, place: str, values: dict[str, str | None], cells: Cells) -> str:
        known = self._ids.get(place)
        if known is not None:
            self._bring_up_to_date(kind, self._portal.record(kind.name, known), values)
            return known
        given = {name: value for name, value in values.items() if value is not None}
        record_id = self._portal.add(
            kind.name,
            {**given, **_stamps(kind, cells)},
            record_id=self._own_id(kind, place.partition(":")[2]),
            by=_IMPORT,
        )
        self._ids[place] = record_id
        return record_id

    def _bring_up_to_date(self, kind: Kind, record: Record, values: Mapping[str, str | None]) -> None:
        every = {**values, **derived_by_change(kind, values, self._portal.pipelines)}
        changed = {name: value for name, value in every.items() if record.properties.get(name) != value}
        if changed:
            self._portal.edit(kind.name, record.id, changed)

    def _own_id(self, kind: Kind, text: str) -> str | None:
        """Ids that look like HubSpot's stay as they are, where they are free."""
        looks_right = text.isascii() and text.isdigit() and not text.startswith("0")
        is_free = text not in self._portal.store.table(kind).rows
        return text if looks_right and is_free and len(text) <= _LONGEST_ID else None

    def _stored(self, kind: Kind, raw: Mapping[str, object]) -> dict[str, str | None]:
        definitions = self._portal.definitions(kind)
        return {name: self._value(definitions[name], value) for name, value in raw.items()}

    def _value(self, one: Property, raw: object) -> str | None:
        """The value as the portal holds it; None where it cannot."""
        if raw is None or raw == "":
            return None
        if isinstance(raw, bool):
            return "true" if raw else "false"
        text = str(raw).strip()
        if one.type == "enumeration":
            return choose_option(one, text)
        try:
            return stored_value(one, text, None, normalize=True)
        except InvalidValueError:
            return None


def _stamps(kind: Kind, cells: Cells) -> dict[str, str]:
    """The files know when a record was made; the portal takes that for both of its times."""
    created = cells.get("created_at")
    if not isinstance(created, datetime):
        return {}
    text = moment_text(created if created.tzinfo else created.replace(tzinfo=UTC))
    return {kind.created_name: text, kind.modified_name: text}
