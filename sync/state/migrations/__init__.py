"""Alembic migrations, run on a connection of ours inside one transaction."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

__all__ = ["alembic_config", "run_migrations"]


def alembic_config() -> Config:
    """Alembic's settings, without a file of its own."""
    config = Config()
    # Alembic interpolates %; a folder may contain one.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def run_migrations(connection: sa.Connection) -> None:
    """Bring the database behind `connection` to the newest revision."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
