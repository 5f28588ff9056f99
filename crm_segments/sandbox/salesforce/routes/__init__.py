"""What each path of the API answers; `table` puts all of it together."""
