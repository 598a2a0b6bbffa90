"""The generic operator: any telephone exchange that sends what sipgate sends, or what Zammad receives (README.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from xml.sax.saxutils import quoteattr

import phonenumbers

from calls.model import Connection, EventKind, OperatorAbilities
from calls.ports import CallPlacer, Parsed, Proof, RawRequest, Response, Stream, Webhook
from operators.bodies import FORM, JSON, media_type, read_fields
from operators.generic.click_to_dial import CALL_URL, ClickToDial, call_url, check_call_settings
from operators.generic.events import REGION, read_event
from operators.proofs import check_secrets, verify_by_route

_SETTINGS = frozenset({"region", CALL_URL})


class GenericOperator:
    """sipgate's push API and Zammad's generic CTI; both proved by signature or by a token in the address."""

    type: str = "generic"
    abilities: OperatorAbilities = OperatorAbilities()
    stream: Stream | None = None
    call_placer: CallPlacer | None = ClickToDial()

    @property
    def webhook(self) -> Webhook:
        return self

    def abilities_of(self, connection: Connection) -> OperatorAbilities:
        return replace(self.abilities, click_to_call=call_url(connection) is not None)

    def check_settings(self, connection: Connection) -> None:
        """``region`` is the country whose numbers come without country code (ISO 3166, by default NO); ``call_url``
        is where calls are asked for."""
        if unknown := sorted(set(connection.settings) - _SETTINGS):
            raise ValueError(f"{unknown[0]}: no such setting; known: {', '.join(sorted(_SETTINGS))}")
        if str(connection.settings.get("region", REGION)) not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("region: wants a country code of two capital letters, such as NO")
        check_secrets(connection)
        check_call_settings(connection)

    def verify(self, request: RawRequest, connection: Connection, now: datetime) -> Proof:
        return verify_by_route(request, connection, now)

    def parse(self, request: RawRequest, connection: Connection, received_at: datetime) -> Parsed:
        return read_event(read_fields(request), request, connection, received_at)

    def reply(self, parsed: Parsed, request: RawRequest, events_url: str) -> Response:
        """A form is answered as sipgate wants it: without the two addresses it tells nothing after ``newCall``.

        Answers to follow-up events are thrown away there (https://developer.sipgate.io/push-api/api-reference/). JSON
        gets the empty object that a Zammad gives (https://docs.zammad.org/en/latest/api/generic-cti/).
        """
        if media_type(request) == JSON:
            return Response(content_type=JSON, body=b"{}")
        if media_type(request) == FORM and any(event.kind is EventKind.RINGING for event in parsed.events):
            url = quoteattr(events_url, {'"': "&quot;"})
            xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Response onAnswer={url} onHangup={url}></Response>\n'
            return Response(content_type="application/xml", body=xml.encode())
        return Response()


operator = GenericOperator()
