"""The org itself and those who work in it."""

from dataclasses import replace

from crm_segments.sandbox.salesforce.catalog.kinds import (
    address,
    area,
    audit,
    email,
    fixed,
    flag,
    key,
    moment,
    number,
    phone,
    picklist,
    reference,
    text,
    whole,
)
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = ["currency_type", "group", "organization", "profile", "record_type", "user"]

_SETTINGS = Traits(createable=False, updateable=False, deletable=False, is_setup=True)


def named(label: str, length: int = 80) -> Field:
    """The field that names a record."""
    return replace(text("Name", label, length, required=True), name_field=True, permissionable=False)


def user() -> SObject:
    """Somebody who can log in."""
    fields = [
        key("User"),
        replace(text("Username", "Username", 80, required=True), id_lookup=True, permissionable=False),
        text("LastName", "Last Name", 80, required=True),
        text("FirstName", "First Name", 40),
        fixed(text("Name", "Full Name", 121), nillable=False, extra="personname"),
        text("CompanyName", "Company Name", 80),
        replace(email("Email", "Email"), nillable=False),
        text("Alias", "Alias", 8),
        flag("IsActive", "Active"),
        text("TimeZoneSidKey", "Time Zone", 40),
        text("LocaleSidKey", "Locale", 40),
        reference("ProfileId", "Profile ID", "Profile"),
        picklist("UserType", "User Type", "Standard", restricted=True),
        *audit(),
    ]
    traits = Traits(createable=False, updateable=False, deletable=False)
    return make_object(("User", "User", "Users"), "005", fields, traits=traits)


def group() -> SObject:
    """A queue or a public group."""
    fields = [
        key("Group"),
        named("Name", 40),
        text("DeveloperName", "Developer Name", 80),
        picklist("Type", "Type", "Regular", "Queue"),
        *audit(),
    ]
    return make_object(("Group", "Group", "Group"), "00G", fields, traits=_SETTINGS)


def profile() -> SObject:
    """What a user may do at least."""
    fields = [
        key("Profile"),
        named("Name", 255),
        picklist("UserType", "User Type", "Standard"),
        area("Description", "Description", 255),
        *audit(),
    ]
    return make_object(("Profile", "Profile", "Profile"), "00e", fields, traits=_SETTINGS)


def record_type() -> SObject:
    """A kind of record within one object."""
    fields = [
        key("Record Type"),
        named("Name"),
        text("DeveloperName", "Record Type Name", 80),
        text("Description", "Description", 255),
        text("SobjectType", "SObject Type Name", 40),
        flag("IsActive", "Active"),
        flag("IsPersonType", "Is Person Type"),
        *audit(),
    ]
    return make_object(("RecordType", "Record Type", "Record Types"), "012", fields, traits=_SETTINGS)


def currency_type() -> SObject:
    """One currency of an org that has several."""
    fields = [
        key("Currency Type"),
        text("IsoCode", "Currency ISO Code", 3),
        number("ConversionRate", "Conversion Rate", 18, 9),
        whole("DecimalPlaces", "Decimal Places"),
        flag("IsActive", "Active"),
        flag("IsCorporate", "Corporate Currency"),
        *audit(),
    ]
    return make_object(("CurrencyType", "Currency Type", "Currency Types"), "01L", fields, traits=_SETTINGS)


def organization() -> SObject:
    """The org: who it belongs to and how it is set up."""
    preferences = (
        *("RequireOpportunityProducts", "TransactionSecurityPolicy", "TerminateOldestSession"),
        *("ConsentManagementEnabled", "AutoSelectIndividualOnMerge", "LightningLoginEnabled"),
        "OnlyLLPermUserAllowed",
    )
    defaults = ("Account", "Contact", "Opportunity", "Lead", "Case", "Calendar", "Pricebook", "Campaign")
    fields = [
        key("Organization"),
        named("Name"),
        text("Division", "Division", 80),
        *address("", ""),
        phone("Phone", "Phone"),
        phone("Fax", "Fax"),
        text("PrimaryContact", "Primary Contact", 80),
        text("DefaultLocaleSidKey", "Locale", 40),
        text("TimeZoneSidKey", "Time Zone", 40),
        text("LanguageLocaleKey", "Language", 40),
        flag("ReceivesInfoEmails", "Info Emails"),
        flag("ReceivesAdminInfoEmails", "Info Emails Admin"),
        *(flag(f"Preferences{name}", name) for name in preferences),
        whole("FiscalYearStartMonth", "Fiscal Year Starts In"),
        flag("UsesStartDateAsFiscalYearName", "Fiscal Year Name by Start"),
        *(text(f"Default{name}Access", f"Default {name} Access", 40) for name in defaults),
        audit()[4],
        email("ComplianceBccEmail", "Compliance BCC Email", id_lookup=False),
        text("UiSkin", "UI Skin", 40),
        text("SignupCountryIsoCode", "Signup Country", 2),
        moment("TrialExpirationDate", "Trial Expiration Date"),
        whole("NumKnowledgeService", "Knowledge Licenses"),
        text("OrganizationType", "Edition", 40),
        text("NamespacePrefix", "Namespace Prefix", 15),
        text("InstanceName", "Instance Name", 5),
        flag("IsSandbox", "Is Sandbox"),
        text("WebToCaseDefaultOrigin", "Web to Cases Default Origin", 40),
        whole("MonthlyPageViewsUsed", "Monthly Page Views Used"),
        whole("MonthlyPageViewsEntitlement", "Monthly Page Views Allowed"),
        flag("IsReadOnly", "Is Read Only"),
        *audit()[:4],
    ]
    return make_object(("Organization", "Organization", "Organizations"), "00D", fields, traits=_SETTINGS)
