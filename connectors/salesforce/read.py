"""Placeholder."""


def read_records(*arguments: object, **options: object) -> object:
    raise NotImplementedError
