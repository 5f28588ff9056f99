"""Deals, products and line items."""

from crm_segments.sandbox.hubspot.catalog.making import choice, flag, moment, number, read_only, text, texts
from crm_segments.sandbox.hubspot.properties import Property

__all__ = ["deal_properties", "line_item_properties", "product_properties"]

_CURRENCIES = {code: code for code in ("USD", "EUR", "GBP", "CAD", "AUD", "JPY", "CHF")}


def deal_properties() -> list[Property]:
    """Deals."""
    group = "dealinformation"
    types = {"newbusiness": "New Business", "existingbusiness": "Existing Business"}
    calculated = (
        flag("hs_is_closed", "Is Deal Closed?", "deal_activity"),
        flag("hs_is_closed_won", "Is Closed Won", "deal_activity"),
        number("amount_in_home_currency", "Amount in company currency", "deal_revenue"),
        number("hs_deal_stage_probability", "Deal probability", "deal_revenue"),
        number("num_associated_contacts", "Number of Associated Contacts", group),
    )
    return [
        *texts(group, dealname="Deal Name", closed_lost_reason="Closed Lost Reason"),
        text("description", "Deal Description", group, "textarea"),
        number("amount", "Amount", group),
        moment("closedate", "Close Date", group),
        choice("dealtype", "Deal Type", group, types, field_type="radio"),
        choice("pipeline", "Pipeline", group, {}),
        choice("dealstage", "Deal Stage", group, {}, field_type="radio"),
        choice("deal_currency_code", "Currency", group, _CURRENCIES),
        *(read_only(one) for one in calculated),
    ]


def product_properties() -> list[Property]:
    """Products."""
    group = "productinformation"
    return [
        *texts(group, name="Name", hs_sku="SKU", hs_product_type="Product type"),
        text("description", "Product description", group, "textarea"),
        number("price", "Unit price", group),
    ]


def line_item_properties() -> list[Property]:
    """Line items."""
    group = "lineiteminformation"
    return [
        *texts(group, name="Name", hs_sku="SKU"),
        number("quantity", "Quantity", group),
        number("price", "Unit price", group),
        number("amount", "Net price", group),
        number("hs_product_id", "Product ID", group),
        choice("hs_line_item_currency_code", "Currency", group, _CURRENCIES),
    ]
