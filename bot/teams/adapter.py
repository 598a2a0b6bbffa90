"""botbuilder, wired so that it costs nothing and trusts nobody it should not.

``CloudAdapterBase.process_activity`` gives the turn and the dispatch; token checks are those of
``botframework.connector`` (issuer, signature, expiry, audience, endorsement), with these gaps of the SDK closed:

- tokens of the Emulator and of skills are not accepted (the SDK would take a token issued to our own bot, unchecked
  against the service URL, and fetch other keys on the loop);
- a token must end: the SDK accepts one without ``exp``;
- an activity must name a service URL, and the token must be for it: the SDK skips the check for an empty one;
- only the channel ``msteams``: a web chat, which anybody may open, could claim any tenant in ``channelData``;
- no connector client is built and no token fetched per turn: replies go through our own gateway.
"""

from __future__ import annotations

from typing import Any

from botbuilder.core import CloudAdapterBase
from botbuilder.schema import Activity, CallerIdConstants
from botframework.connector.auth import (
    AuthenticateRequestResult,
    AuthenticationConstants,
    BotFrameworkAuthentication,
    ChannelValidation,
    ClaimsIdentity,
    ConnectorFactory,
    JwtTokenExtractor,
    SimpleCredentialProvider,
)
from botframework.connector.auth.verify_options import VerifyOptions
from msrest.serialization import Deserializer

from bot.teams.keys import CHANNEL, SigningKeys
from calls.errors import BadProof, Transient

CLOCK_LEEWAY = 5 * 60  # seconds, as Microsoft's own libraries allow
_MODELS = Deserializer(Activity._infer_class_models())  # type: ignore[no-untyped-call]  # built once: it looks at every model of the SDK


def read_activity(body: dict[str, Any]) -> Activity:
    """The SDK's model of an activity. ValueError (never logged: it quotes the body) when it cannot be one."""
    return _MODELS("Activity", body)


class _NoConnector(ConnectorFactory):  # type: ignore[misc]  # botframework is untyped
    """Stands where the SDK wants a connector client: nothing is sent through it."""

    async def create(self, service_url: str, audience: str) -> object:
        """A stand-in: the SDK only asks whether there is a client."""
        return self


class ChannelAuthentication(BotFrameworkAuthentication):  # type: ignore[misc]
    """Checks inbound tokens for one bot."""

    def __init__(self, app_id: str, keys: SigningKeys) -> None:
        self._credentials = SimpleCredentialProvider(app_id, "")
        rules = VerifyOptions(
            issuer=[AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER],
            audience=None,  # checked by validate_identity
            clock_tolerance=CLOCK_LEEWAY,
            ignore_expiration=False,
        )
        self._tokens = JwtTokenExtractor(
            rules,
            AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
            AuthenticationConstants.ALLOWED_SIGNING_ALGORITHMS,
        )
        self._tokens.open_id_metadata = keys  # instead of the SDK's blocking fetcher

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        """Who sent this. Raises BadProof, or Transient while no signing key is known."""
        if activity.channel_id != CHANNEL:
            raise BadProof("not from Teams")
        try:
            claims = await self._tokens.get_identity_from_auth_header(auth_header, CHANNEL, [CHANNEL])
            claims = await ChannelValidation.validate_identity(claims, self._credentials)
        except (BadProof, Transient):
            raise
        except PermissionError as error:
            raise BadProof(str(error.args[0])) from None  # a second argument would be the audience
        except Exception as error:  # PyJWT's errors, and bare Exceptions of the SDK
            raise BadProof(f"token not valid ({type(error).__name__})") from None
        if not claims.get_claim_value("exp"):
            raise BadProof("token never ends")
        service_url = claims.get_claim_value(AuthenticationConstants.SERVICE_URL_CLAIM)
        if not service_url or service_url != activity.service_url:
            raise BadProof("token is for another service URL")
        return _result(claims)

    async def authenticate_streaming_request(self, auth_header: str, channel_id_header: str) -> None:
        raise BadProof("streaming is not offered")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        return _NoConnector()

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """Sign-in of people happens in the tab, never in the chat: no client is built."""


def anonymous(app_id: str) -> AuthenticateRequestResult:
    """The result for an activity without a token, where that is allowed (demo and playground)."""
    claims = {AuthenticationConstants.AUDIENCE_CLAIM: app_id}
    return _result(ClaimsIdentity(claims, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE))


def _result(claims: ClaimsIdentity) -> AuthenticateRequestResult:
    result = AuthenticateRequestResult()
    result.claims_identity = claims
    result.audience = AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
    result.caller_id = CallerIdConstants.public_azure_channel
    result.connector_factory = _NoConnector()
    return result


class BotAdapters:
    """One adapter per bot identity, made when it is first addressed."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._adapters: dict[str, CloudAdapterBase] = {}

    def find(self, app_id: str) -> CloudAdapterBase:
        """The adapter of a bot that is known to be ours."""
        if app_id not in self._adapters:
            self._adapters[app_id] = CloudAdapterBase(ChannelAuthentication(app_id, self._keys))
        return self._adapters[app_id]
