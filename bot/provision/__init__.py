"""Bringing a tenant into the database from a company.toml, as often as one likes."""
