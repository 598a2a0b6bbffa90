"""Who a bot is towards Entra: a row that a tenant points to, never a constant."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class BotKind(StrEnum):
    """How the bot proves itself when it asks Entra for a token."""

    SINGLE_TENANT = "single_tenant"  # app registration in home_tenant, with secret or certificate
    MULTI_TENANT = "multi_tenant"  # older registration; tokens come from botframework.com
    USER_ASSIGNED_MSI = "user_assigned_msi"  # app_id is the managed identity's own client id; no app registration
    FEDERATED = "federated"  # app registration that trusts a managed identity: nothing secret is stored


@dataclass(frozen=True, kw_only=True, slots=True)
class BotIdentity:
    """One Azure Bot registration. ``repr`` shows no secret."""

    app_id: str  # client id of the app registration, and the audience of inbound tokens
    home_tenant: str  # the Entra tenant of the registration; tokens are always taken there, not in the customer's
    kind: BotKind = BotKind.SINGLE_TENANT
    secret: str | None = field(default=None, repr=False)  # client secret
    certificate: str | None = field(default=None, repr=False)  # PEM: private key and certificate in one text
    managed_identity: str | None = None  # FEDERATED: client id of the user-assigned identity; None: system-assigned

    def check(self) -> None:
        """Raise ValueError, naming what is missing, when no token can ever be had for this identity."""
        if not self.app_id:
            raise ValueError("bot identity: app_id is empty; without one nothing inbound could be authenticated")
        if self.kind in {BotKind.SINGLE_TENANT, BotKind.FEDERATED} and not self.home_tenant:
            raise ValueError(f"bot identity: home_tenant is empty; {self.kind} wants the registration's Entra tenant")
        if self.kind in {BotKind.SINGLE_TENANT, BotKind.MULTI_TENANT} and not (self.secret or self.certificate):
            raise ValueError(f"bot identity: {self.kind} wants a secret or a certificate")
