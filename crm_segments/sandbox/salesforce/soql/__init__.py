"""SOQL: read by a real parser, so that what Salesforce refuses is refused here."""
