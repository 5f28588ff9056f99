"""Placeholder."""


def open_job(*arguments: object, **options: object) -> object:
    raise NotImplementedError


def submit_job(*arguments: object, **options: object) -> object:
    raise NotImplementedError


def job_state(*arguments: object, **options: object) -> object:
    raise NotImplementedError


def job_results(*arguments: object, **options: object) -> object:
    raise NotImplementedError


def abandon_job(*arguments: object, **options: object) -> object:
    raise NotImplementedError
