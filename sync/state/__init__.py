"""The state store: SQLAlchemy Core tables, their migrations, and the lock."""
