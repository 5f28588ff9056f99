"""Logging in: flows, domains, refusals, sessions that end."""

from tests.salesforce import SalesforceWorld


def test_client_credentials_log_in(salesforce: SalesforceWorld) -> None:
    found = salesforce.connector.identify()
    assert (found.crm, found.account) == ("salesforce", salesforce.org.org_id)
    assert found.label == salesforce.org.domain
    assert salesforce.connector.as_of() == "2026-11-25" or salesforce.connector.as_of()


def test_describe(salesforce: SalesforceWorld) -> None:
    from connectors.model import ObjectKind

    found = salesforce.connector.describe(ObjectKind.ACCOUNT)
    assert found.field("NumberOfEmployees")
