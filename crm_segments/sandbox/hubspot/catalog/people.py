"""Companies and contacts."""

from crm_segments.sandbox.hubspot.catalog.making import choice, flag, moment, number, read_only, text, texts
from crm_segments.sandbox.hubspot.properties import Property

__all__ = ["company_properties", "contact_properties"]

_LIFECYCLE = {
    "subscriber": "Subscriber",
    "lead": "Lead",
    "marketingqualifiedlead": "Marketing Qualified Lead",
    "salesqualifiedlead": "Sales Qualified Lead",
    "opportunity": "Opportunity",
    "customer": "Customer",
    "evangelist": "Evangelist",
    "other": "Other",
}
_LEAD_STATUS = {
    "NEW": "New",
    "OPEN": "Open",
    "IN_PROGRESS": "In Progress",
    "UNQUALIFIED": "Unqualified",
    "CONNECTED": "Connected",
}
_COMPANY_TYPES = {
    "PROSPECT": "Prospect",
    "PARTNER": "Partner",
    "RESELLER": "Reseller",
    "VENDOR": "Vendor",
    "OTHER": "Other",
}
_INDUSTRIES = (
    "ACCOUNTING",
    "AUTOMOTIVE",
    "BANKING",
    "BIOTECHNOLOGY",
    "COMPUTER_SOFTWARE",
    "CONSTRUCTION",
    "CONSUMER_GOODS",
    "EDUCATION_MANAGEMENT",
    "FINANCIAL_SERVICES",
    "FOOD_BEVERAGES",
    "HOSPITAL_HEALTH_CARE",
    "HOSPITALITY",
    "INFORMATION_TECHNOLOGY_AND_SERVICES",
    "INSURANCE",
    "INTERNET",
    "LEGAL_SERVICES",
    "LOGISTICS_AND_SUPPLY_CHAIN",
    "MACHINERY",
    "MANAGEMENT_CONSULTING",
    "MARKETING_AND_ADVERTISING",
    "MEDICAL_DEVICES",
    "OIL_ENERGY",
    "PHARMACEUTICALS",
    "REAL_ESTATE",
    "RETAIL",
    "TELECOMMUNICATIONS",
    "TRANSPORTATION_TRUCKING_RAILROAD",
    "WHOLESALE",
)
"""A part of HubSpot's list."""


def company_properties() -> list[Property]:
    """Companies."""
    group = "companyinformation"
    industries = {value: value.replace("_", " ").title() for value in _INDUSTRIES}
    return [
        *texts(
            group,
            name="Company name",
            domain="Company Domain Name",
            website="Website URL",
            country="Country/Region",
            state="State/Region",
            city="City",
            address="Street Address",
            zip="Postal Code",
            founded_year="Year Founded",
            timezone="Time Zone",
        ),
        text("phone", "Phone Number", group, "phonenumber"),
        text("description", "Description", group, "textarea"),
        *texts("socialmediainformation", twitterhandle="Twitter Handle"),
        number("facebookfans", "Facebook Fans", "socialmediainformation"),
        choice("industry", "Industry", group, industries),
        choice("type", "Type", group, _COMPANY_TYPES),
        choice("lifecyclestage", "Lifecycle Stage", group, _LIFECYCLE, field_type="radio"),
        choice("hs_lead_status", "Lead Status", group, _LEAD_STATUS, field_type="radio"),
        number("numberofemployees", "Number of Employees", group),
        number("annualrevenue", "Annual Revenue", group),
        flag("is_public", "Is Public", group),
        read_only(number("hs_parent_company_id", "Parent Company", group)),
        read_only(moment("notes_last_contacted", "Last Contacted", "company_activity")),
        read_only(moment("notes_last_updated", "Last Activity Date", "company_activity")),
    ]


def contact_properties() -> list[Property]:
    """Contacts."""
    group = "contactinformation"
    calculated = (
        number("associatedcompanyid", "Primary Associated Company ID", group),
        text("hs_email_domain", "Email Domain", group),
        text("hs_all_contact_vids", "All vids for a contact", group),
        text("hs_calculated_merged_vids", "Merged vids with timestamps of a contact", group),
        flag("hs_is_contact", "Is a contact", group),
        flag("hs_is_unworked", "Contact unworked", "sales_properties"),
        text("hs_pipeline", "Pipeline", group),
        moment("notes_last_contacted", "Last Contacted", "contact_activity"),
        moment("notes_last_updated", "Last Activity Date", "contact_activity"),
        number("hs_email_open", "Marketing emails opened", "emailinformation"),
        number("hs_email_click", "Marketing emails clicked", "emailinformation"),
        flag("hs_email_optout", "Unsubscribed from all email", "emailinformation"),
    )
    return [
        *texts(
            group,
            email="Email",
            firstname="First Name",
            lastname="Last Name",
            jobtitle="Job Title",
            company="Company Name",
            website="Website URL",
            country="Country/Region",
            state="State/Region",
            city="City",
            industry="Industry",
            annualrevenue="Annual Revenue",
        ),
        text("phone", "Phone Number", group),
        choice("lifecyclestage", "Lifecycle Stage", group, _LIFECYCLE, field_type="radio"),
        choice("hs_lead_status", "Lead Status", "sales_properties", _LEAD_STATUS, field_type="radio"),
        moment("closedate", "Close Date", group),
        *(read_only(one) for one in calculated),
    ]
