"""HubSpot: contacts and companies by number, and the journal as call objects. README.md has the set-up and limits."""

from __future__ import annotations

from crm_connectors.hubspot.connector import HubSpot

__all__ = ["HubSpot"]
