"""Placeholder."""


class FieldMaker:
    def __init__(self, *arguments: object) -> None:
        raise NotImplementedError
