"""The call as an entry in the CRM: when one is wanted, and that it is written once."""
