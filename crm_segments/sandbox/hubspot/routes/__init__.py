"""What the API answers, one subject per file."""
