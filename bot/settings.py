"""Settings of the process, from the environment (docs/settings.md lists them; a test compares)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.problems import BadSetting
from calls.store.vault import read_key


class Settings(BaseSettings):
    """Every field is read from ``SMARTCALL_<NAME>``. What belongs to a tenant is in the database, not here."""

    model_config = SettingsConfigDict(env_prefix="SMARTCALL_", extra="ignore", hide_input_in_errors=True)

    port: int = Field(default=3978, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. `serve` in a container wants 0.0.0.0; the demo stays on 127.0.0.1.",
    )
    data_dir: Path = Field(
        default=Path(".smartcall"),
        description="Where the packaged PostgreSQL of the demo and the tests keeps its data.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 16 or newer, `postgresql://user:password@host/database`. The demo starts its own.",
    )
    database_owner_url: SecretStr | None = Field(
        default=None,
        description="The same database as the owner of the tables, for `migrate` and `apply`. Unset: database_url.",
    )
    encryption_key: SecretStr | None = Field(
        default=None,
        description="32 random bytes in base64 (`openssl rand -base64 32`): seals secrets, numbers and names.",
    )
    encryption_key_previous: SecretStr | None = Field(
        default=None, description="The key before the last rotation; still opens what it sealed."
    )
    public_url: str | None = Field(
        default=None,
        description="How the outside reaches us, `https://calls.example.com`. Unset: taken from each request.",
    )
    login_url: str = Field(
        default="https://login.microsoftonline.com", description="Where the bot's tokens are asked for (Entra)."
    )
    openid_metadata_url: str = Field(
        default="https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="Where the keys that sign Teams' requests are published.",
    )
    allow_loopback: bool = Field(
        default=False,
        description="Let Teams' service addresses be on this machine: for simulators, never in production.",
    )
    telemetry: Literal["off", "console", "azure"] = Field(
        default="off",
        description="Where counts go: nowhere, to standard error each minute, or to Azure Monitor (docs/running.md).",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("encryption_key", "encryption_key_previous")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_key(value.get_secret_value())
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("wants postgresql://user:password@host/database")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("wants DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def keys(self) -> list[bytes]:
        """The encryption keys in force, the sealing one first."""
        given = (self.encryption_key, self.encryption_key_previous)
        return [read_key(key.get_secret_value()) for key in given if key is not None]

    @property
    def owner_url(self) -> str | None:
        chosen = self.database_owner_url or self.database_url
        return chosen.get_secret_value() if chosen else None


def read_settings(**overrides: object) -> Settings:
    """The settings, or :class:`BadSetting` with one line for the person who starts us."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        name = "SMARTCALL_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadSetting(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
