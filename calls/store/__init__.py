"""The database: its units of work, what is sealed in it, and the tenants that live there."""
