"""Lists of words, places and products that the sample company is told with."""

__all__ = [
    "ACTIVITY_TYPES",
    "COUNTRIES",
    "INDUSTRIES",
    "INDUSTRY_WORDS",
    "LEGAL_FORMS",
    "NAME_ENDS",
    "NAME_STARTS",
    "OWNERS",
    "PLACES",
    "PRODUCTS",
    "ROLES",
    "SOURCES",
]

PRODUCTS = ("Complete Suite", "Planning Module", "Analytics Module", "Billing Module", "Starter Package")
ACTIVITY_TYPES = ("Call", "Email", "Meeting", "Task")
SOURCES = ("Website", "Referral", "Trade Show", "Partner", "Outbound", "Webinar")
ROLES = (
    "Purchasing Manager",
    "IT Director",
    "Operations Manager",
    "Head of Finance",
    "Managing Director",
    "Project Lead",
    "Office Manager",
    "Data Analyst",
)
OWNERS = tuple(
    f"{team} {seat}" for team in ("Sales North", "Sales South", "Sales West") for seat in range(1, 5)
)

INDUSTRY_WORDS = {
    "Technology": ("Systems", "Networks", "Technologies", "Devices", "Robotics"),
    "Software": ("Software", "Labs", "Apps", "Digital", "Cloud Services"),
    "Finance": ("Capital", "Savings", "Insurance", "Credit Union", "Asset Partners"),
    "Manufacturing": ("Works", "Industries", "Tooling", "Castings", "Components"),
    "Healthcare": ("Clinics", "Health", "Medical", "Care Group", "Diagnostics"),
    "Retail": ("Stores", "Outfitters", "Market", "Home & Garden", "Trading"),
    "Wholesale": ("Supply", "Wholesale", "Distribution", "Imports", "Provisions"),
    "Services": ("Consulting", "Services", "Cleaning", "Staffing", "Facilities"),
    "Logistics": ("Freight", "Logistics", "Haulage", "Shipping", "Couriers"),
    "Education": ("Academy", "Learning", "Training", "Schools", "Institute"),
}
INDUSTRIES = tuple(INDUSTRY_WORDS)

NAME_STARTS = (
    "Alder", "Amber", "Arden", "Ash", "Bram", "Bright", "Brook", "Calder", "Cedar", "Clear",
    "Copper", "Coral",
    "Crane", "Dal", "Dawn", "Drift", "Elm", "Ember", "Fair", "Fal", "Fern", "Flint", "Gale",
    "Glen", "Gold",
    "Granite", "Green", "Hal", "Harrow", "Haven", "Hazel", "Heron", "Hill", "Holm", "Iron",
    "Jasper", "Kel",
    "Kest", "Lark", "Laurel", "Lind", "Lin", "Loch", "Maple", "Mar", "Meadow", "Mill", "Mist",
    "Moor", "Nettle",
    "North", "Oak", "Ober", "Orchard", "Otter", "Pebble", "Pine", "Quarry", "Raven", "Red",
    "River", "Rook",
    "Rowan", "Sable", "Sand", "Silver", "Spring", "Stag", "Stone", "Summer", "Swift", "Tamar",
    "Thorn", "Tidal",
    "Umber", "Vale", "Velt", "Wald", "Wes", "White", "Willow", "Winter", "Wren", "Yarrow",
)  # fmt: skip
NAME_ENDS = (
    "bank", "beck", "berg", "bourne", "bridge", "brook", "burn", "bury", "by", "cote", "croft",
    "dale", "den",
    "fall", "field", "ford", "gate", "grove", "ham", "haven", "hurst", "lake", "land", "leigh",
    "lock", "mark",
    "mead", "mere", "mont", "moor", "more", "ness", "port", "ridge", "rock", "shore", "stead",
    "stone", "thorpe",
    "ton", "vale", "view", "ware", "water", "well", "wick", "wood", "worth",
)  # fmt: skip

COUNTRIES = ("United States", "United Kingdom", "Germany", "France", "Canada", "Netherlands")
LEGAL_FORMS = {
    "United States": ("Inc.", "LLC", "Corp."),
    "United Kingdom": ("Ltd", "PLC", "Ltd"),
    "Germany": ("GmbH", "AG", "GmbH & Co. KG"),
    "France": ("SA", "SARL", "SAS"),
    "Canada": ("Inc.", "Ltd.", "Corp."),
    "Netherlands": ("B.V.", "N.V.", "B.V."),
}
PLACES = {
    "United States": (
        ("TX", "Austin"), ("TX", "Dallas"), ("IL", "Chicago"), ("CO", "Denver"), ("OH", "Columbus"),
        ("WA", "Seattle"), ("GA", "Atlanta"), ("MA", "Boston"), ("AZ", "Phoenix"), ("MN", "Minneapolis"),
    ),
    "United Kingdom": (
        ("England", "Leeds"), ("England", "Bristol"), ("England", "Manchester"), ("Scotland", "Glasgow"),
        ("Wales", "Cardiff"),
    ),
    "Germany": (
        ("Bayern", "München"), ("Hessen", "Frankfurt am Main"), ("Sachsen", "Leipzig"),
        ("Hamburg", "Hamburg"),
        ("Baden-Württemberg", "Stuttgart"),
    ),
    "France": (
        ("Occitanie", "Toulouse"), ("Hauts-de-France", "Lille"), ("Bretagne", "Rennes"),
        ("Auvergne-Rhône-Alpes", "Lyon"), ("Pays de la Loire", "Nantes"),
    ),
    "Canada": (
        ("ON", "Toronto"), ("QC", "Montréal"), ("AB", "Calgary"), ("BC", "Vancouver"),
        ("MB", "Winnipeg"),
    ),
    "Netherlands": (
        ("Utrecht", "Utrecht"), ("Noord-Brabant", "Eindhoven"), ("Zuid-Holland", "Rotterdam"),
        ("Groningen", "Groningen"), ("Gelderland", "Arnhem"),
    ),
}  # fmt: skip
"""State and city by country."""
