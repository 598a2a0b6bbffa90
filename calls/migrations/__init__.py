"""The database schema, step by step (Alembic). Run by the owner of the tables, never by the service."""
