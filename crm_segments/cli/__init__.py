"""The command line: one file per command, thin. Parse, call a floor, hand the value to a view.

Nothing here imports a floor at its top: `--help` answers at once.
"""
