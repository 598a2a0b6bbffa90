"""Phonero and Telia Bedriftsnett: listened to through a WebSocket, asked to call through REST (README.md)."""

from __future__ import annotations

from dataclasses import replace

from calls.model import Connection, OperatorAbilities
from calls.ports import CallPlacer, Stream, Webhook
from operators.phonero.dialling import ClickToDial
from operators.phonero.listening import CallStatusStream
from operators.phonero.settings import read_settings


class PhoneroOperator:
    """The integrator's interface of Bedriftsnett. It calls nobody's address: there is no webhook."""

    type: str = "phonero"
    abilities: OperatorAbilities = OperatorAbilities(click_to_call=True)
    webhook: Webhook | None = None

    def __init__(self) -> None:
        self._stream = CallStatusStream()
        self._call_placer = ClickToDial()

    @property
    def stream(self) -> Stream:
        return self._stream

    @property
    def call_placer(self) -> CallPlacer:
        return self._call_placer

    def abilities_of(self, connection: Connection) -> OperatorAbilities:
        """``click_to_call`` is a product that the customer orders, and says so in the setting of that name."""
        return replace(self.abilities, click_to_call=connection.settings.get("click_to_call") is True)

    def check_settings(self, connection: Connection) -> None:
        read_settings(connection)


operator = PhoneroOperator()
