"""Placeholder until the pull lands."""


class Pull:
    def __init__(self, *arguments: object) -> None:
        raise NotImplementedError
