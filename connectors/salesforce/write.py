"""Placeholder."""


def write_batch(*arguments: object, **options: object) -> object:
    raise NotImplementedError
