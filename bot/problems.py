"""What a person has to mend before a command can work. Each message is one line that says what to do."""

from __future__ import annotations


class CannotGoOn(Exception):
    """The command stops here; the program prints the message and exits with 2."""


class BadSetting(CannotGoOn):
    """A setting is missing or wrong; the message names it and what it wants."""


class BadCompanyFile(CannotGoOn):
    """A company.toml cannot be applied; the message says where and what is wanted."""
