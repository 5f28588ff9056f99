"""Repeatable measurements. Every figure in the docs comes from here: `make bench` prints them all."""
