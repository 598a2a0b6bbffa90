"""A company.toml: one tenant with everything that is its own (docs/provisioning.md explains each line).

Secrets are never in the file: each is ``{ env = "NAME" }`` or ``{ file = "path" }``. A ``${NAME}`` inside a setting is
taken from the environment too, for addresses that differ from place to place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from bot.problems import BadCompanyFile
from calls.calling.call_requests import CallRoute
from calls.store.tenants import TenantSettings

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SecretRef(_Strict):
    """Where a secret is, never what it is."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _names_one(self) -> SecretRef:
        if (self.env is None) == (self.file is None):
            raise ValueError('wants either { env = "NAME" } or { file = "path" }')
        return self


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Secrets = dict[str, Annotated[list[SecretRef], BeforeValidator(_as_list)]]  # two values live during a rotation


@checked_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class FileSettings(TenantSettings):
    """As a file may hold them: a word nobody knows is a mistake there. Stored ones may be a newer version's."""


class TenantPart(_Strict):
    id: UUID  # the company's Entra tenant id
    name: str = Field(min_length=1)
    language: Literal["nb", "en"] = "nb"
    region: str = "NO"
    bot: UUID | None = None  # app id of the bot it uses: one below, or a provider's that was applied before
    settings: FileSettings = FileSettings()

    @field_validator("region")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in SUPPORTED_REGIONS:
            raise ValueError("wants the two capital letters of a country, such as NO")
        return value


class BotPart(_Strict):
    app_id: UUID
    kind: Literal["single_tenant", "multi_tenant", "user_assigned_msi", "federated"] = "single_tenant"
    home_tenant: UUID
    secret: SecretRef | None = None
    certificate: SecretRef | None = None  # instead of the secret: PEM, private key and certificate
    managed_identity: UUID | None = None  # federated: client id of a user-assigned identity; None: the machine's own


class ConnectionPart(_Strict):
    id: UUID | None = None  # stands in the events address; made from tenant, kind and name when not given
    kind: Literal["operator", "connector"]
    type: str
    name: str = Field(min_length=1)
    provided_by: UUID | None = None  # a provider's connection whose secrets and quota it uses
    settings: dict[str, Any] = {}
    secrets: Secrets = {}

    def connection_id(self, tenant_id: UUID) -> UUID:
        return self.id or uuid5(tenant_id, f"{self.kind} {self.name}")


class LinePart(_Strict):
    number: str
    alias: str | None = None  # the operator's own name of the phone
    call_through: CallRoute | None = None  # how calls from it are made; None: as the employee's


class EmployeePart(_Strict):
    entra_object_id: UUID
    name: str = Field(min_length=1)
    email: str | None = None
    language: Literal["nb", "en"] | None = None
    call_through: CallRoute | None = None  # how their calls are made; None: as the tenant's
    lines: list[LinePart] = []


class Company(_Strict):
    """The whole file."""

    tenant: TenantPart
    bots: list[BotPart] = []
    connections: list[ConnectionPart] = []
    employees: list[EmployeePart] = []

    @model_validator(mode="after")
    def _no_doubles(self) -> Company:
        for what, keys in (
            ("employees", [employee.entra_object_id for employee in self.employees]),
            ("connections", [part.connection_id(self.tenant.id) for part in self.connections]),
            ("connections", [(part.kind, part.name) for part in self.connections]),
            ("bots", [bot.app_id for bot in self.bots]),
        ):
            if len(set(keys)) != len(keys):
                raise ValueError(f"{what}: the same one stands twice")
        return self


def read_company(path: Path, environment: Mapping[str, str]) -> Company:
    """The file, checked, with ``${NAME}`` filled in. Raises :class:`BadCompanyFile`."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadCompanyFile(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCompanyFile(f"{path}: is not TOML: {error}") from None
    try:
        return Company.model_validate(_filled(raw, environment, path))
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadCompanyFile(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def read_secret(ref: SecretRef, environment: Mapping[str, str], folder: Path) -> str:
    """The secret itself; paths are relative to the company file."""
    if ref.env is not None:
        value = environment.get(ref.env)
        if not value:
            raise BadCompanyFile(f"the environment has no {ref.env}; set it to the secret the file asks for")
        return value
    try:
        return (folder / (ref.file or "")).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadCompanyFile(f"the secret file {ref.file} cannot be read ({error.strerror})") from None


def _filled(value: Any, environment: Mapping[str, str], path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environment, path) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environment, path) for inner in value]
    if not isinstance(value, str):
        return value

    def known(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in environment:
            raise BadCompanyFile(f"{path}: the environment has no {name}, which the file uses")
        return environment[name]

    return _PLACEHOLDER.sub(known, value)
