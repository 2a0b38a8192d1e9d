"""The migrations make the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from connectors.tables import metadata


def test_the_migrated_schema_is_the_declared_one(house_anywhere):
    def only_ours(_object, name, kind, _reflected, _compared):
        return kind != "table" or name in metadata.tables

    with house_anywhere.prowess.database.writing.connect() as conn:
        options = {"compare_type": True, "include_object": only_ours, "target_metadata": metadata}
        context = MigrationContext.configure(conn, opts=options)
        assert compare_metadata(context, metadata) == []


def test_keys_lead_with_the_tenant():
    for table in metadata.tables.values():
        assert next(iter(table.primary_key)).name == "tenant_id"
