"""Placeholder."""


def examine(*arguments: object, **options: object) -> object:
    raise NotImplementedError
