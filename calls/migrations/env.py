"""Alembic's entry point: one connection, handed in by :mod:`calls.store.steps`."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="smartcall", transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
