"""Alembic runs this file; the connection comes from `run_migrations`."""

from alembic import context

from sync.state.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
