"""Opplysningen 1881: the Norwegian directory, asked when no CRM knows the number. README.md has modes and limits."""

from __future__ import annotations

from crm_connectors.opplysningen_1881.connector import Opplysningen1881

__all__ = ["Opplysningen1881"]
