"""Alembic's entry: one connection, handed in by `lrs.migrate`, which also owns the transaction."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    version_table=attributes["version_table"],
)
context.run_migrations()
