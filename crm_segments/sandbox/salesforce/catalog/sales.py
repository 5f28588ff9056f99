"""Accounts, what they may buy, and what they did."""

from dataclasses import replace

from crm_segments.sandbox.salesforce.catalog.kinds import (
    address,
    area,
    audit,
    day,
    deleted,
    fixed,
    flag,
    key,
    moment,
    money,
    number,
    owner,
    phone,
    picklist,
    reference,
    text,
    url,
    whole,
)
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = [
    "INDUSTRIES",
    "account",
    "campaign",
    "opportunity",
    "opportunity_line_item",
    "pricebook",
    "pricebook_entry",
    "product",
    "topic",
]

INDUSTRIES = (
    *("Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction"),
    *("Consulting", "Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental"),
    *("Finance", "Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance", "Machinery"),
    *("Manufacturing", "Media", "Not For Profit", "Recreation", "Retail", "Shipping", "Technology"),
    *("Telecommunications", "Transportation", "Utilities", "Other"),
)
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
CLEAN = ("In Sync", "Different", "Reviewed", "Pending", "Inactive", "Not Found", "Bulk", "Selected")


def master(of: str) -> Field:
    """The survivor of the merge that this record lost."""
    return fixed(reference("MasterRecordId", "Master Record ID", of, "MasterRecord"))


def clean_status() -> Field:
    """State of the data provider's match."""
    return replace(
        picklist("CleanStatus", "Clean Status", *CLEAN, restricted=True), default="Pending", defaulted=True
    )


def viewed() -> list[Field]:
    """When the asking user last looked at it."""
    return [
        fixed(moment("LastViewedDate", "Last Viewed Date")),
        fixed(moment("LastReferencedDate", "Last Referenced Date")),
    ]


def account() -> SObject:
    """A company, or a person where person accounts are on."""
    name = Field(
        name="Name",
        label="Account Name",
        type="string",
        length=255,
        nillable=False,
        permissionable=False,
        compound="Name",
        extra_type="switchablepersonname",
        name_field=True,
    )
    fields = [
        key("Account"),
        deleted(),
        master("Account"),
        name,
        picklist("Type", "Account Type", "Prospect", "Customer - Direct", "Customer - Channel", "Other"),
        reference("ParentId", "Parent Account ID", "Account", "Parent"),
        *address("Billing", "Billing"),
        *address("Shipping", "Shipping"),
        phone("Phone", "Account Phone"),
        phone("Fax", "Account Fax"),
        text("AccountNumber", "Account Number", 40),
        url("Website", "Website"),
        fixed(url("PhotoUrl", "Photo URL"), extra="imageurl"),
        text("Sic", "SIC Code", 20),
        picklist("Industry", "Industry", *INDUSTRIES),
        money("AnnualRevenue", "Annual Revenue"),
        whole("NumberOfEmployees", "Employees"),
        picklist("Ownership", "Ownership", "Public", "Private", "Subsidiary", "Other"),
        text("TickerSymbol", "Ticker Symbol", 20),
        area("Description", "Account Description"),
        picklist("Rating", "Account Rating", "Hot", "Warm", "Cold"),
        text("Site", "Account Site", 80),
        owner(),
        *audit(),
        fixed(day("LastActivityDate", "Last Activity")),
        *viewed(),
        text("Jigsaw", "Data.com Key", 20),
        fixed(text("JigsawCompanyId", "Jigsaw Company ID", 20)),
        clean_status(),
        picklist("AccountSource", "Account Source", *SOURCES),
        text("DunsNumber", "D-U-N-S Number", 9),
        text("Tradestyle", "Tradestyle", 255),
        text("NaicsCode", "NAICS Code", 8),
        text("NaicsDesc", "NAICS Description", 120),
        text("YearStarted", "Year Started", 4),
        text("SicDesc", "SIC Description", 80),
        reference("DandbCompanyId", "D&B Company ID", "DandBCompany"),
        reference("OperatingHoursId", "Operating Hour ID", "OperatingHours"),
    ]
    children = [
        ("Account", "ParentId", "ChildAccounts"),
        ("Contact", "AccountId", "Contacts"),
        ("Opportunity", "AccountId", "Opportunities"),
        ("Task", "WhatId", "Tasks"),
        ("Event", "WhatId", "Events"),
    ]
    traits = Traits(mergeable=True, has_owner_views=True)
    return make_object(("Account", "Account", "Accounts"), "001", fields, traits=traits, children=children)


def opportunity() -> SObject:
    """A deal."""
    stages = ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won", "Closed Lost")
    stage = picklist("StageName", "Stage", *stages, length=255)
    fields = [
        key("Opportunity"),
        deleted(),
        reference("AccountId", "Account ID", "Account"),
        replace(text("Name", "Name", 120, required=True), name_field=True, permissionable=False),
        area("Description", "Description"),
        replace(stage, nillable=False, permissionable=False),
        money("Amount", "Amount", 2),
        Field(name="Probability", label="Probability (%)", type="percent", precision=3),
        fixed(money("ExpectedRevenue", "Expected Amount", 2)),
        replace(day("CloseDate", "Close Date", required=True), permissionable=False),
        picklist("Type", "Opportunity Type", "Existing Business", "New Business", "Renewal", length=255),
        text("NextStep", "Next Step", 255),
        picklist("LeadSource", "Lead Source", *SOURCES, length=255),
        fixed(flag("IsClosed", "Closed"), nillable=False, defaulted=True),
        fixed(flag("IsWon", "Won"), nillable=False, defaulted=True),
        fixed(
            picklist("ForecastCategory", "Forecast Category", "Omitted", "Pipeline", "Closed"), nillable=False
        ),
        reference("CampaignId", "Campaign ID", "Campaign"),
        fixed(flag("HasOpportunityLineItem", "Has Line Item"), nillable=False, defaulted=True),
        reference("Pricebook2Id", "Price Book ID", "Pricebook2"),
        owner(),
        *audit(),
        fixed(day("LastActivityDate", "Last Activity")),
    ]
    children = [("OpportunityLineItem", "OpportunityId", "OpportunityLineItems")]
    names = ("Opportunity", "Opportunity", "Opportunities")
    return make_object(names, "006", fields, traits=Traits(has_owner_views=True), children=children)


def opportunity_line_item() -> SObject:
    """A product on a deal."""
    fields = [
        key("Line Item"),
        reference("OpportunityId", "Opportunity ID", "Opportunity", required=True),
        reference("PricebookEntryId", "Price Book Entry ID", "PricebookEntry"),
        reference("Product2Id", "Product ID", "Product2"),
        fixed(text("ProductCode", "Product Code", 255)),
        fixed(text("Name", "Opportunity Product Name", 376)),
        number("Quantity", "Quantity", 12, 2),
        money("TotalPrice", "Total Price", 2),
        money("UnitPrice", "Sales Price", 2),
        fixed(money("ListPrice", "List Price", 2)),
        day("ServiceDate", "Date"),
        text("Description", "Line Description", 255),
        *audit(),
        deleted(),
    ]
    return make_object(("OpportunityLineItem", "Opportunity Product", "Opportunity Product"), "00k", fields)


def product() -> SObject:
    """Something that is sold."""
    fields = [
        key("Product"),
        replace(text("Name", "Product Name", 255, required=True), name_field=True, permissionable=False),
        text("ProductCode", "Product Code", 255),
        area("Description", "Product Description", 4000),
        flag("IsActive", "Active"),
        *audit(),
        picklist("Family", "Product Family", "None", length=255),
        deleted(),
    ]
    return make_object(("Product2", "Product", "Products"), "01t", fields)


def pricebook() -> SObject:
    """A list of prices."""
    fields = [
        key("Price Book"),
        deleted(),
        replace(text("Name", "Price Book Name", 255, required=True), name_field=True, permissionable=False),
        *audit(),
        flag("IsActive", "Active"),
        fixed(flag("IsStandard", "Is Standard Price Book"), nillable=False, defaulted=True),
    ]
    return make_object(("Pricebook2", "Price Book", "Price Books"), "01s", fields)


def pricebook_entry() -> SObject:
    """One price of one product."""
    fields = [
        key("Price Book Entry"),
        fixed(text("Name", "Product Name", 255)),
        reference("Pricebook2Id", "Price Book ID", "Pricebook2", required=True),
        reference("Product2Id", "Product ID", "Product2", required=True),
        replace(money("UnitPrice", "List Price", 2), nillable=False),
        flag("IsActive", "Active"),
        *audit(),
        deleted(),
    ]
    return make_object(("PricebookEntry", "Price Book Entry", "Price Book Entries"), "01u", fields)


def campaign() -> SObject:
    """A marketing campaign."""
    fields = [
        key("Campaign"),
        deleted(),
        replace(text("Name", "Name", 80, required=True), name_field=True, permissionable=False),
        picklist("Type", "Type", "Conference", "Webinar", "Email", "Other"),
        picklist("Status", "Status", "Planned", "In Progress", "Completed", "Aborted"),
        flag("IsActive", "Active"),
        owner(),
        *audit(),
    ]
    return make_object(("Campaign", "Campaign", "Campaigns"), "701", fields)


def topic() -> SObject:
    """A tag."""
    fields = [
        key("Topic"),
        replace(text("Name", "Name", 99, required=True), name_field=True, permissionable=False),
        area("Description", "Description", 1000),
        *audit()[:2],
        audit()[4],
    ]
    return make_object(("Topic", "Topic", "Topics"), "0TO", fields)
