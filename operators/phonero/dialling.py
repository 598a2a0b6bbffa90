"""``POST /call/clicktodial``: the employee's own phone rings first, then the number.

Path and fields are seen in programs of others (README.md), with numbers of eight digits; what a success answers, which
``errorMessage`` there are, and how a foreign number is written is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calls.errors import NeedsSignIn, Refused, Throttled, Unknown
from calls.model import Connection
from calls.numbers import Number, NumberKind
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import Tools
from operators.phonero.session import cookie, read_session
from operators.phonero.settings import PhoneroSettings, read_settings
from operators.posting import Answer, post_json

_LONGEST_REF = 200
# UNPROVEN: words that an errorMessage may hold, in lower case, the first that is found. None is documented.
REFUSALS: Sequence[tuple[str, CallRefusal]] = (
    ("callerid", CallRefusal.SHOWN_NUMBER_NOT_ALLOWED),
    ("caller id", CallRefusal.SHOWN_NUMBER_NOT_ALLOWED),
    ("same number", CallRefusal.SAME_NUMBER),
    ("busy", CallRefusal.CALL_IN_PROGRESS),
    ("in progress", CallRefusal.CALL_IN_PROGRESS),
    ("not available", CallRefusal.EMPLOYEE_UNAVAILABLE),
    ("invalid number", CallRefusal.INVALID_NUMBER),
    ("invalid destination", CallRefusal.INVALID_NUMBER),
    ("not ordered", CallRefusal.NOT_SUPPORTED),
    ("not authorized", CallRefusal.NOT_AUTHORISED),
    ("access denied", CallRefusal.NOT_AUTHORISED),
)


class ClickToDial:
    """:class:`calls.ports.CallPlacer` of a Phonero connection."""

    async def place_call(self, order: CallOrder, connection: Connection, tools: Tools, *, deadline: float) -> Accepted:
        settings = read_settings(connection)
        if not settings.click_to_call:
            raise Refused("Phonero click-to-call is not ordered", code=CallRefusal.NOT_SUPPORTED)
        body = _write(order, settings)
        for _ in range(2):
            session = await read_session(connection, tools)
            answer = await post_json(
                tools.http,
                f"{settings.base_url}/call/clicktodial",
                body,
                purpose="Phonero click-to-call",
                deadline=deadline,
                headers=cookie(session),
            )
            if answer.status != 401:
                return _read(answer)
            # Refused before anything was dialled: the one case in which the order may be sent again.
            await tools.credentials.reject(connection, session)
        raise NeedsSignIn("Phonero click-to-call: a fresh session is refused")


def _write(order: CallOrder, settings: PhoneroSettings) -> Mapping[str, str]:
    if order.employee_number.key == order.target.key:
        raise Refused("Phonero click-to-call: the employee's own number", code=CallRefusal.SAME_NUMBER)
    own = _national(order.employee_number)
    return {
        "customerId": settings.customer_id,
        "number": own,
        "destinationNumber": _dialled(order.target),
        # Without a wish it is the employee's own number, which nobody can object to.
        "callerId": _national(order.shown_number) if order.shown_number else own,
    }


def _national(number: Number) -> str:
    """A number of Bedriftsnett's own: Norwegian, eight digits."""
    if number.kind is NumberKind.E164 and number.digits.startswith("47") and len(number.digits) == 10:
        return number.digits[2:]
    raise Refused("Phonero click-to-call: wants a Norwegian number", code=CallRefusal.INVALID_NUMBER)


def _dialled(number: Number) -> str:
    """As one would dial it in Norway."""
    if number.kind is NumberKind.SHORT or number.kind is NumberKind.INTERNAL:
        return number.digits
    if number.kind is NumberKind.E164 and not number.digits.startswith("47"):
        return f"00{number.digits}"
    return _national(number)


def _read(answer: Answer) -> Accepted:
    """2xx without errorMessage is a call that is being placed. What a server's own failure leaves undone is unknown."""
    told = answer.body.get("errorMessage") if answer.body else None
    if 200 <= answer.status < 300 and not told:
        ref = answer.body.get("callId") if answer.body else None
        usable = isinstance(ref, str) and ref.isprintable() and 0 < len(ref) <= _LONGEST_REF
        return Accepted(call_ref=ref if usable else None)
    if answer.status == 429:
        raise Throttled("Phonero click-to-call: 429", retry_after=answer.retry_after, scope="phonero:clicktodial")
    if answer.status >= 500 or answer.status in {408, 425}:
        raise Unknown(f"Phonero click-to-call: {answer.status}")
    if answer.status == 403 and not told:
        raise Refused("Phonero click-to-call: 403", code=CallRefusal.NOT_AUTHORISED)
    raise Refused(f"Phonero click-to-call: {answer.status}", code=_code(told))


def _code(told: object) -> CallRefusal:
    text = told.lower() if isinstance(told, str) else ""
    return next((code for words, code in REFUSALS if words in text), CallRefusal.OPERATOR_ERROR)
