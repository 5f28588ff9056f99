"""How people and imports spell one value in many ways: variants, placeholders for nothing, bands."""

from collections.abc import Mapping, Sequence

__all__ = [
    "NO_CATEGORY",
    "NO_NUMBER",
    "NO_YEAR",
    "VARIANTS",
    "banded",
    "other_case",
    "other_legal_form",
    "variant",
]

NO_CATEGORY = ("Select", "N/A", "-", "Unknown", "None")
NO_NUMBER = ("0", "999999", "-", "N/A", "Unknown")
NO_YEAR = ("1900", "0", "N/A")
"""What stands where nothing is known."""

VARIANTS: Mapping[str, Sequence[str]] = {
    "Technology": (
        "technology", "TECHNOLOGY ", "Tech", "technolgy", "TECH ", "Techology", "IT",
        "Information Technology",
        "Hi-Tech", "技術",
    ),
    "Software": ("software", "SOFTWARE ", "Sofware", "Software & Services", "SaaS"),
    "Finance": ("finance", "FINANCE ", "Financial Services", "Finace", "Financials"),
    "Manufacturing": ("manufacturing", "MANUFACTURING ", "Manufacture", "Manufacturng", "Mfg"),
    "Healthcare": ("healthcare", "Health Care", "HEALTHCARE ", "Helthcare", "Health"),
    "Retail": ("retail", "RETAIL ", "Retial", "Retail Trade", "retail."),
    "Wholesale": ("wholesale", "WHOLESALE ", "Whole sale", "Wholsale", "Wholesale Trade"),
    "Services": ("services", "SERVICES ", "Service", "Servces", "Business Services"),
    "Logistics": ("logistics", "LOGISTICS ", "Logistic", "Logisitcs", "Transport & Logistics"),
    "Education": ("education", "EDUCATION ", "Eduction", "Education ", "Edu"),
    "United States": ("USA", "US", "U.S.", "united states", "United States of America"),
    "United Kingdom": ("UK", "U.K.", "Great Britain", "united kingdom", "GB"),
    "Germany": ("Deutschland", "DE", "germany", "GERMANY ", "Gernany"),
    "France": ("france", "FR", "FRANCE ", "Fance", "République française"),
    "Canada": ("canada", "CA", "CANADA ", "Cananda", "Can."),
    "Netherlands": ("The Netherlands", "NL", "netherlands", "Holland", "NETHERLANDS "),
}  # fmt: skip
"""Other spellings of each value, the most frequent first."""

_BANDS = (1, 11, 51, 201, 501, 1001, 5001, 10_001)


def variant(value: str, draw: float) -> str:
    """Another spelling of the value, the earlier ones by far the most frequent (Zipf)."""
    spellings = VARIANTS[value]
    weights = [1 / (place + 1) for place in range(len(spellings))]
    reached = 0.0
    for spelling, weight in zip(spellings, weights, strict=True):
        reached += weight / sum(weights)
        if draw < reached:
            return spelling
    return spellings[-1]


def other_case(value: str, draw: float) -> str:
    """The value in capitals, in small letters, or with a space too many."""
    if draw < 0.5:
        return value.upper()
    return value.lower() if draw < 0.8 else f"{value} "


def banded(value: str, draw: float) -> str:
    """A number as a band, with separators, rounded, or with a unit."""
    number = int(value)
    if number >= 100_000:
        scaled, unit = (number / 1e6, "M") if number >= 1e6 else (number / 1e3, "K")
        if draw < 0.6:
            return f"{scaled:.1f}{unit}"
        return f"${scaled:.1f}{unit}" if draw < 0.8 else f"{number:,}"
    if draw < 0.6:
        return _band(number)
    return f"~{float(f'{number:.2g}'):.0f}" if draw < 0.8 else f"{number:,}"


def other_legal_form(name: str, draw: float) -> str:
    """The name of the same company as somebody else would have typed it."""
    base, _, last = name.rpartition(" ")
    if last in {
        "Inc.",
        "LLC",
        "Corp.",
        "Ltd",
        "Ltd.",
        "PLC",
        "GmbH",
        "AG",
        "SA",
        "SAS",
        "SARL",
        "B.V.",
        "N.V.",
    }:
        return base if draw < 0.5 else f"{base}, {last.upper()}"
    return name.upper() if draw < 0.5 else f"{name} Inc"


def _band(number: int) -> str:
    above = [start for start in _BANDS if start > number]
    start = max(start for start in (*_BANDS, 0) if start <= number)
    return f"{start}-{above[0] - 1}" if above else f"{start:,}+"
