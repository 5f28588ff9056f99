"""Placeholder."""


class ListViewBuilder:
    def __init__(self, *arguments: object) -> None:
        raise NotImplementedError
