"""Fills an org from a folder of CSV files: a bundle, or a generated company."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from crm_segments.bundle import Bundle, read_bundle
from crm_segments.sandbox.loading import Cells, LoadReport, place_of, rows
from crm_segments.sandbox.salesforce.fields import Field, Value
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.values import moment_text

__all__ = ["LoadReport", "load_bundle", "load_folder"]

_PREFIXES = {
    "account": "001",
    "contact": "003",
    "deal": "006",
    "lead": "00Q",
    "product": "01t",
    "line_item": "00k",
}


def load_folder(org: SalesforceOrg, folder: Path, *, today: date | None = None) -> LoadReport:
    """Reads a folder of CSV files into the org; bad lines are left out.

    Raises:
        BundleError: The folder holds nothing that can be read.
    """
    return load_bundle(org, read_bundle(folder, rejects=True, today=today or org.now().date()))


def load_bundle(org: SalesforceOrg, bundle: Bundle) -> LoadReport:
    """Puts the records of a bundle into the org. What the org cannot hold as it is stands as it can.

    Records that came from an earlier bundle are brought up to date: only values that differ are written, as a
    person would. Records that are absent now stay.

    Sizes and amounts that are no plain numbers ("51-200") are left empty: Salesforce's fields are numbers.
    """
    return _Loading(org, bundle).run()


class _Loading:
    def __init__(self, org: SalesforceOrg, bundle: Bundle) -> None:
        self._org = org
        self._bundle = bundle
        self._ids = org.loaded_ids
        self._counts: dict[str, int] = {}

    def run(self) -> LoadReport:
        self._read("account", "Account", _account)
        self._link_parents()
        self._read("contact", "Contact", _contact)
        self._read("lead", "Lead", _lead)
        self._read("deal", "Opportunity", _deal)
        self._read("product", "Product2", _product)
        self._read("line_item", "OpportunityLineItem", _line_item)
        self._read("activity", "Task", _activity)
        return LoadReport(self._counts, self._ids)

    def _read(self, kind: str, sobject: str, convert: Callable[[Cells], dict[str, object]]) -> None:
        target = self._org.require(sobject)
        readers = {one.name: one for one in target.fields.values()}
        table = self._org.store.table(sobject)
        for cells in rows(self._bundle, kind):
            values = convert(cells)
            own_id = str(values.pop("Id"))
            row = {
                name: stored
                for name, raw in values.items()
                if (stored := self._stored(readers[name], raw)) is not None
            }
            earlier = self._ids.get(f"{kind}:{own_id}")
            if earlier is None:
                known = own_id if is_id(own_id) and own_id.startswith(target.prefix) else None
                earlier = self._org.add(sobject, row, record_id=known)
                _stamp(table[earlier], cells)
                self._ids[f"{kind}:{own_id}"] = earlier
            else:
                self._bring_up_to_date(table[earlier], values.keys(), row)
            self._counts[sobject] = self._counts.get(sobject, 0) + 1

    def _bring_up_to_date(
        self, row: dict[str, Value], names: Collection[str], new: Mapping[str, Value]
    ) -> None:
        changed = {
            name: new.get(name) for name in names if row.get(name) != new.get(name) and name != "ParentId"
        }
        if changed:
            self._org.edit(str(row["Id"]), changed)

    def _stored(self, field: Field, raw: object) -> Value:
        """The value as the org holds it."""
        if raw is None:
            return None
        if field.type == "reference":
            return self._reference(str(raw))
        if field.type in {"int", "double", "currency"}:
            return _number(str(raw), whole=field.type == "int")
        if isinstance(raw, bool):
            return raw
        return str(raw)[: field.length or 255]

    def _reference(self, key: str) -> str | None:
        kind, _, own_id = key.partition(":")
        found = self._ids.get(key)
        if found is None and is_id(own_id) and own_id.startswith(_PREFIXES.get(kind, "?")):
            found = long_id(own_id)
        return found if found and self._org.store.find(found) else None

    def _link_parents(self) -> None:
        table = self._org.store.table("Account")
        for cells in rows(self._bundle, "account"):
            parent = cells.get("parent_id")
            record_id = self._ids.get(f"account:{cells['account_id']}")
            found = self._reference(f"account:{parent}") if parent else None
            if record_id and found:
                table[record_id]["ParentId"] = found


def _account(cells: Cells) -> dict[str, object]:
    return {
        "Id": cells["account_id"],
        "Name": cells.get("name") or cells["account_id"],
        "Website": cells.get("website"),
        "Industry": cells.get("industry"),
        "BillingCountry": cells.get("country"),
        "BillingState": cells.get("state"),
        "BillingCity": cells.get("city"),
        "NumberOfEmployees": cells.get("employees"),
        "AnnualRevenue": cells.get("annual_revenue"),
        "YearStarted": cells.get("founded_year"),
        "AccountSource": cells.get("source"),
    }


def _contact(cells: Cells) -> dict[str, object]:
    own_id = str(cells["contact_id"])
    return {
        "Id": own_id,
        "LastName": own_id,
        "Name": own_id,
        "AccountId": place_of("account", cells.get("account_id")),
        "Title": cells.get("title"),
    }


def _lead(cells: Cells) -> dict[str, object]:
    own_id = str(cells["lead_id"])
    return {
        "Id": own_id,
        "LastName": own_id,
        "Name": own_id,
        "Company": cells.get("company") or own_id,
        "Title": cells.get("title"),
        "Industry": cells.get("industry"),
        "Country": cells.get("country"),
        "NumberOfEmployees": cells.get("employees"),
        "AnnualRevenue": cells.get("annual_revenue"),
        "Status": cells.get("status") or "Open - Not Contacted",
        "LeadSource": cells.get("source"),
    }


def _deal(cells: Cells) -> dict[str, object]:
    closed, won = cells.get("is_closed") is True, cells.get("is_won") is True
    stage = cells.get("stage") or ("Closed Won" if won else "Closed Lost" if closed else "Prospecting")
    return {
        "Id": cells["deal_id"],
        "Name": cells["deal_id"],
        "AccountId": place_of("account", cells.get("account_id")),
        "StageName": stage,
        "IsClosed": closed,
        "IsWon": won,
        "Amount": cells.get("amount"),
        "CloseDate": cells.get("close_date"),
        "Type": cells.get("type"),
    }


def _product(cells: Cells) -> dict[str, object]:
    return {
        "Id": cells["product_id"],
        "Name": cells.get("name") or cells["product_id"],
        "Family": cells.get("family"),
        "IsActive": True,
    }


def _line_item(cells: Cells) -> dict[str, object]:
    return {
        "Id": cells["line_item_id"],
        "OpportunityId": place_of("deal", cells.get("deal_id")),
        "Product2Id": place_of("product", cells.get("product_id")),
        "Quantity": cells.get("quantity"),
        "TotalPrice": cells.get("amount"),
    }


def _activity(cells: Cells) -> dict[str, object]:
    kind = cells.get("type") or "Task"
    account = place_of("account", cells.get("account_id"))
    return {
        "Id": cells["activity_id"],
        "Subject": kind,
        "WhatId": account,
        "AccountId": account,
        "WhoId": place_of("contact", cells.get("contact_id")),
        "ActivityDate": cells.get("occurred_on"),
        "Status": "Completed",
        "IsClosed": True,
        "TaskSubtype": {"email": "Email", "call": "Call"}.get(str(kind).lower(), "Task"),
    }


def _stamp(row: dict[str, Value], cells: Cells) -> None:
    """The files know when a record was made; the org takes that for all of its stamps."""
    created = cells.get("created_at")
    if isinstance(created, datetime):
        text = moment_text(created if created.tzinfo else created.replace(tzinfo=UTC))
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
            if name in row:
                row[name] = text


def _number(text: str, *, whole: bool) -> int | float | None:
    try:
        value = float(text.strip())
    except ValueError:
        return None
    if value != value or abs(value) >= 10**18:  # noqa: PLR0124 (not a number is unequal to itself)
        return None
    return int(value) if whole else value
