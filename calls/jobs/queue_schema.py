"""PGQueuer's names and tables: everything of it lives in the schema ``queue``."""

from __future__ import annotations

from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.domain.settings import DBSettings, Durability

# Its log and statistics are of no account to us, and need not outlive a crash.
QUEUE_SETTINGS = DBSettings(db_schema="queue", durability=Durability.balanced)


def install_statements() -> str:
    """The statements that make the queue's schema and tables."""
    return render_install(QUEUE_SETTINGS)
