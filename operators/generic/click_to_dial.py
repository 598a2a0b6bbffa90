"""Asking an exchange to call, in the shape of CAMARA Click to Dial (README.md says what is standard and what is ours).

https://github.com/camaraproject/ClickToDial, code/API_definitions/click-to-dial.yaml, version 0.1.0: ``POST /calls``
with ``caller.number`` and ``callee.number`` in E.164, answered 201 with ``callId``; errors are ``status``, ``code`` and
``message``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled, Unknown
from calls.model import Connection
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import Tools
from operators.addresses import read_address
from operators.posting import post_json

CALL_URL = "call_url"  # the setting: the address before /calls
CALL_TOKEN = "call_token"  # noqa: S105 - the secret's name: the bearer token
LONGEST_REF = 500  # characters, as of the events' callId

REFUSALS: Mapping[str, CallRefusal] = MappingProxyType(
    {
        "INVALID_PHONE_NUMBER": CallRefusal.INVALID_NUMBER,
        "SAME_CALLER_CALLEE": CallRefusal.SAME_NUMBER,
        "CALLER_NOT_AVAILABLE": CallRefusal.EMPLOYEE_UNAVAILABLE,
        "CALLEE_NOT_AVAILABLE": CallRefusal.TARGET_UNAVAILABLE,
        "ALREADY_EXISTS": CallRefusal.CALL_IN_PROGRESS,
        "PERMISSION_DENIED": CallRefusal.NOT_AUTHORISED,
        "INVALID_TOKEN_CONTEXT": CallRefusal.NOT_AUTHORISED,
    }
)
_BY_STATUS: Mapping[int, CallRefusal] = MappingProxyType(
    {403: CallRefusal.NOT_AUTHORISED, 409: CallRefusal.CALL_IN_PROGRESS}
)


class ClickToDial:
    """:class:`calls.ports.CallPlacer`."""

    async def place_call(self, order: CallOrder, connection: Connection, tools: Tools, *, deadline: float) -> Accepted:
        caller, callee = order.employee_number.e164, order.target.e164
        if caller is None or callee is None:
            raise Refused("only E.164 numbers", code=CallRefusal.INVALID_NUMBER)
        headers = {
            "Authorization": f"Bearer {connection.secrets[CALL_TOKEN][0]}",
            "Accept": "application/json",
            "x-correlator": str(order.request_id),
        }
        answer = await post_json(
            tools.http,
            f"{call_url(connection)}/calls",
            {"caller": {"number": caller}, "callee": {"number": callee}},
            purpose="click to dial",
            deadline=deadline,
            headers=headers,
        )
        fields = answer.body or {}
        if 200 <= answer.status < 300:
            ref = fields.get("callId")
            return Accepted(call_ref=ref if isinstance(ref, str) and 0 < len(ref) <= LONGEST_REF else None)
        raise _refusal(answer.status, fields, answer.retry_after)


def call_url(connection: Connection) -> str | None:
    """The address before ``/calls``; None when calls cannot be asked for."""
    url = connection.settings.get(CALL_URL)
    return str(url).rstrip("/") if url else None


def check_call_settings(connection: Connection) -> None:
    """Raise ValueError, naming the setting or secret and what it wants."""
    tokens = connection.secrets.get(CALL_TOKEN, ())
    if connection.settings.get(CALL_URL) is None:
        if tokens:
            raise ValueError(f"{CALL_URL}: is missing; {CALL_TOKEN} alone places no calls")
        return
    read_address(connection, CALL_URL, "")
    if not tokens or not all(token and token.isascii() and token.isprintable() for token in tokens):
        raise ValueError(f"{CALL_TOKEN}: wants the token that the exchange has given out")


def _refusal(status: int, fields: Mapping[str, object], retry_after: float | None) -> OutsideError:
    """A refusal in our words. What a gateway or a broken exchange says (5xx, 408) leaves open whether a phone rings."""
    code = str(fields.get("code", ""))
    if status == 401:
        return NeedsSignIn("the operator refuses the token")
    if status == 429:
        return Throttled(retry_after=retry_after, scope="generic:calls")
    if status >= 500 or status == 408:
        return Unknown(f"the operator answered {status}")
    word = REFUSALS.get(code) or _BY_STATUS.get(status, CallRefusal.OPERATOR_ERROR)
    return Refused(f"the operator answered {status}", code=word)
