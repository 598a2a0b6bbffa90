"""What the world file says about Entra's sign-in and about Teams (sections ``login`` and ``teams``)."""

from __future__ import annotations

from pydantic import Field

from simulators.world import WorldModel


class LoginApp(WorldModel):
    """An app registration that may ask for tokens with its own credentials."""

    app_id: str  # the client id
    tenant: str  # its home tenant's id: tokens are given there and nowhere else
    secret: str | None = Field(default=None, repr=False)  # the one valid client secret; None: none is registered
    accept_assertions: bool = False  # take any unexpired client assertion, its signature unchecked (federated identity)


class LoginWorld(WorldModel):
    apps: tuple[LoginApp, ...] = ()
    token_seconds: int = Field(default=3599, gt=0)  # lifetime of access tokens; Entra's own for app tokens
    authority: str | None = None  # scheme and host put into discovery documents; None: where the request came to
    resources: tuple[str, ...] = (  # what ``<resource>/.default`` may be asked for
        "https://api.botframework.com",
        "https://graph.microsoft.com",
    )


class TeamsUser(WorldModel):
    """A person in the customer's tenant."""

    aad_object_id: str
    mri: str = Field(pattern=r"^29:.+")  # what the bot knows the person by; unique per bot in the real Teams
    name: str
    upn: str
    installed: bool = False  # has the app already; the bot hears nothing of it


class TeamsWorld(WorldModel):
    tenant: str  # the customer's Entra tenant
    bot_app_id: str
    bot_name: str = "SmartCall"
    anonymous: bool = False  # activities carry no token, and the connector asks for none (a playground)
    limits: bool = True  # keep Teams' rate limits
    retry_invokes: bool = False  # every invoke reaches the bot twice, as after a slow answer
    locale: str = "nb-NO"
    timezone: str = "Europe/Oslo"
    generic_toast: str = "Sent a card"  # what a banner says about a card without a summary
    users: tuple[TeamsUser, ...] = ()
