"""Talk to one CRM. Knows nothing of segments, plans, settings files or the terminal.

Importing this package imports no CRM client; a connector's code is loaded when it is opened.
"""
