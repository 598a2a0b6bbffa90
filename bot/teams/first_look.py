"""The first look at a token: what every stranger can make us do, so it asks nobody and reads nothing.

Bot Framework's signature is checked here, in memory, before the database is asked whose bot a token is for and before
the body is read; the SDK then checks everything once more, with the activity (adapter.py). So whoever cannot have a
token signed costs some microseconds of ours and nothing of anybody else's, but for the keys' own fetch (keys.py).
"""

from __future__ import annotations

import jwt
from botframework.connector.auth import AuthenticationConstants
from jwt.types import Options

from bot.teams.adapter import CLOCK_LEEWAY
from bot.teams.keys import SigningKeys
from calls.errors import BadProof

ALGORITHM = "RS256"
# Whose it is comes next, so the audience is not compared here.
_MUST: Options = {"require": ["exp", "iss", "aud"], "verify_aud": False, "verify_iat": False}


async def read_audience(header: str, keys: SigningKeys) -> str:
    """The app id that a signed token in force is for. Raises BadProof; Transient while nobody can be checked."""
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer" or not token:
        raise BadProof("not a bearer token")
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise BadProof(f"token not readable ({type(error).__name__})") from None
    key = await keys.get(key_id)
    try:
        claims = jwt.decode(
            token,
            key.public_key,
            algorithms=[ALGORITHM],
            issuer=AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER,
            leeway=CLOCK_LEEWAY,
            options=_MUST,
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadProof(f"token not valid ({type(error).__name__})") from None
    audience = claims["aud"]
    if not isinstance(audience, str) or not audience or len(audience) > 100:
        raise BadProof("no audience")
    return audience
