"""People: contacts of accounts, and leads."""

from dataclasses import replace

from crm_segments.sandbox.salesforce.catalog.kinds import (
    address,
    area,
    audit,
    day,
    deleted,
    email,
    fixed,
    flag,
    key,
    moment,
    money,
    owner,
    phone,
    picklist,
    reference,
    text,
    url,
    whole,
)
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.catalog.sales import (
    INDUSTRIES,
    clean_status,
    master,
    viewed,
)
from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = ["contact", "lead"]

SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


def person_name() -> list[Field]:
    """The parts of a person's name, and the whole."""
    parts = [
        text("LastName", "Last Name", 80, required=True, compound="Name"),
        text("FirstName", "First Name", 40, compound="Name"),
        picklist("Salutation", "Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", compound="Name"),
    ]
    name = fixed(text("Name", "Full Name", 121), nillable=False, extra="personname")
    return [
        *(replace(part, extra_type="personname", permissionable=False) for part in parts),
        replace(name, name_field=True),
    ]


def contact() -> SObject:
    """A person at an account."""
    fields = [
        key("Contact"),
        deleted(),
        master("Contact"),
        reference("AccountId", "Account ID", "Account"),
        *person_name(),
        *address("Other", "Other"),
        *address("Mailing", "Mailing"),
        phone("Phone", "Business Phone"),
        phone("Fax", "Business Fax"),
        phone("MobilePhone", "Mobile Phone"),
        phone("HomePhone", "Home Phone"),
        phone("OtherPhone", "Other Phone"),
        phone("AssistantPhone", "Asst. Phone"),
        reference("ReportsToId", "Reports To ID", "Contact"),
        email("Email", "Email"),
        text("Title", "Title", 128),
        text("Department", "Department", 80),
        text("AssistantName", "Assistant's Name", 40),
        picklist("LeadSource", "Lead Source", *SOURCES, length=255),
        day("Birthdate", "Birthdate"),
        area("Description", "Contact Description"),
        owner(),
        *audit(),
        fixed(day("LastActivityDate", "Last Activity")),
        fixed(moment("LastCURequestDate", "Last Stay-in-Touch Request Date")),
        fixed(moment("LastCUUpdateDate", "Last Stay-in-Touch Save Date")),
        *viewed(),
        text("EmailBouncedReason", "Email Bounced Reason", 255),
        moment("EmailBouncedDate", "Email Bounced Date"),
        fixed(flag("IsEmailBounced", "Is Email Bounced"), nillable=False, defaulted=True),
        fixed(url("PhotoUrl", "Photo URL"), extra="imageurl"),
        text("Jigsaw", "Data.com Key", 20),
        fixed(text("JigsawContactId", "Jigsaw Contact ID", 20)),
        clean_status(),
        reference("IndividualId", "Individual ID", "Individual"),
    ]
    children = [("Task", "WhoId", "Tasks"), ("Event", "WhoId", "Events")]
    traits = Traits(mergeable=True, has_owner_views=True)
    return make_object(("Contact", "Contact", "Contacts"), "003", fields, traits=traits, children=children)


def lead() -> SObject:
    """A person not yet tied to an account."""
    states = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
    status = picklist("Status", "Status", *states, length=255)
    fields = [
        key("Lead"),
        deleted(),
        master("Lead"),
        *person_name(),
        text("Title", "Title", 128),
        replace(text("Company", "Company", 255, required=True), permissionable=False),
        *address("", ""),
        phone("Phone", "Phone"),
        phone("MobilePhone", "Mobile Phone"),
        phone("Fax", "Fax"),
        email("Email", "Email"),
        url("Website", "Website"),
        fixed(url("PhotoUrl", "Photo URL"), extra="imageurl"),
        area("Description", "Description"),
        picklist("LeadSource", "Lead Source", *SOURCES, length=255),
        replace(status, nillable=False, default=states[0], defaulted=True, permissionable=False),
        picklist("Industry", "Industry", *INDUSTRIES),
        picklist("Rating", "Rating", "Hot", "Warm", "Cold"),
        money("AnnualRevenue", "Annual Revenue"),
        whole("NumberOfEmployees", "Employees"),
        owner("Group", "User"),
        replace(fixed(flag("IsConverted", "Converted"), nillable=False, defaulted=True), createable=True),
        fixed(day("ConvertedDate", "Converted Date")),
        fixed(reference("ConvertedAccountId", "Converted Account ID", "Account")),
        fixed(reference("ConvertedContactId", "Converted Contact ID", "Contact")),
        fixed(reference("ConvertedOpportunityId", "Converted Opportunity ID", "Opportunity")),
        flag("IsUnreadByOwner", "Unread By Owner", default=True),
        *audit(),
        fixed(day("LastActivityDate", "Last Activity")),
        *viewed(),
        text("Jigsaw", "Data.com Key", 20),
        fixed(text("JigsawContactId", "Jigsaw Contact ID", 20)),
        clean_status(),
        text("CompanyDunsNumber", "Company D-U-N-S Number", 9),
        reference("DandbCompanyId", "D&B Company ID", "DandBCompany"),
        text("EmailBouncedReason", "Email Bounced Reason", 255),
        moment("EmailBouncedDate", "Email Bounced Date"),
        reference("IndividualId", "Individual ID", "Individual"),
    ]
    children = [("Task", "WhoId", "Tasks"), ("Event", "WhoId", "Events")]
    traits = Traits(mergeable=True, has_owner_views=True)
    return make_object(("Lead", "Lead", "Leads"), "00Q", fields, traits=traits, children=children)
