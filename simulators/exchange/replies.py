"""The XML a customer answers ``newCall`` with.

https://developer.sipgate.io/push-api/api-reference/: content type ``application/xml``, root ``Response``, and the
attributes ``onAnswer`` and ``onHangup`` with the addresses that get those events. Nothing is subscribed otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

CONTENT_TYPES = frozenset({"application/xml"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """Where follow-up events of a call go. None: nowhere."""

    on_answer: str | None = None
    on_hangup: str | None = None
    problem: str | None = None  # why a reply was not understood, for the delivery log

    def address(self, kind: str) -> str | None:
        return self.on_answer if kind == "answer" else self.on_hangup


def read_reply(content_type: str, text: str) -> Subscription:
    if not text.strip():
        return Subscription()
    if content_type not in CONTENT_TYPES:
        return Subscription(problem="the reply's Content-Type is not application/xml")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return Subscription(problem="the reply declares a document type")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - document types, the way to entity tricks, are refused above
    except ElementTree.ParseError:
        return Subscription(problem="the reply is not XML")
    if root.tag != "Response":
        return Subscription(problem="the reply's root is not Response")
    addresses = {name: root.get(name) for name in ("onAnswer", "onHangup")}
    for name, address in addresses.items():
        if address is not None and not _is_absolute(address):
            return Subscription(problem=f"{name} is not an absolute http address")
    return Subscription(on_answer=addresses["onAnswer"], on_hangup=addresses["onHangup"])


def _is_absolute(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
