"""How features are computed from records, one file per family."""
