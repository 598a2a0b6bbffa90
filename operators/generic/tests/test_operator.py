from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from calls.errors import BadProof
from calls.model import Connection
from calls.ports import Proof, Response
from operators.generic import operator
from operators.testing import EVENTS_URL, NOW, Kit


def test_a_form_ring_is_answered_with_where_to_send_the_rest(kit: Kit) -> None:
    for name in ("newcall_direct.form", "newcall_out.form", "newcall_hidden.form"):
        raw = kit.recorded()[name]
        reply = operator.reply(operator.parse(raw, kit.connection, NOW), raw, EVENTS_URL)
        assert (reply.status, reply.content_type) == (200, "application/xml")
        root = ET.fromstring(reply.body)
        assert root.tag == "Response"
        assert root.attrib == {"onAnswer": EVENTS_URL, "onHangup": EVENTS_URL}
        assert list(root) == []


def test_everything_else_is_answered_with_nothing_to_do(kit: Kit) -> None:
    for name in ("answer_by_user.form", "hangup_busy.form", "ignored_dtmf.form"):
        raw = kit.recorded()[name]
        assert operator.reply(operator.parse(raw, kit.connection, NOW), raw, EVENTS_URL) == Response()
    for name in ("newcall_queue.json", "hangup_cancel.json"):
        raw = kit.recorded()[name]
        reply = operator.reply(operator.parse(raw, kit.connection, NOW), raw, EVENTS_URL)
        assert reply == Response(content_type="application/json", body=b"{}")


def test_proof_says_how_and_which_delivery(kit: Kit) -> None:
    raw = kit.recorded()["newcall_direct.form"]
    signed, token = (way.prove(raw, kit.connection.secrets[way.secret][1], NOW) for way in kit.proofs)
    assert operator.verify(signed, kit.connection, NOW) == Proof(
        method="signature", delivery_id=signed.headers["webhook-id"]
    )
    assert operator.verify(token, kit.connection, NOW) == Proof(method="url_token")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"webhook-id": ""}, "signature_missing"),
        ({"webhook-timestamp": ""}, "signature_missing"),
        ({"webhook-signature": ""}, "signature_missing"),
        ({"webhook-id": "msg\u00e6"}, "signature_malformed"),
        ({"webhook-id": "x" * 201}, "signature_malformed"),
        ({"webhook-timestamp": "1e9"}, "signature_malformed"),
        ({"webhook-timestamp": "-1"}, "signature_malformed"),
        ({"webhook-timestamp": "٣"}, "signature_malformed"),
        ({"webhook-signature": "v1,AAAA " * 17}, "signature_malformed"),
        ({"webhook-id": "another"}, "signature_wrong"),
        ({"webhook-timestamp": "1774745971"}, "signature_wrong"),
        ({"webhook-signature": "v1,"}, "signature_wrong"),
        ({"webhook-signature": "v1"}, "signature_wrong"),
        ({"webhook-signature": "v1,%%% v1,æøå v2,AAAA"}, "signature_wrong"),
    ],
)
def test_signatures_that_are_refused(changed: dict[str, str], reason: str, kit: Kit) -> None:
    raw = kit.proofs[0].prove(kit.recorded()["newcall_queue.json"], kit.connection.secrets["signing_secret"][0], NOW)
    with pytest.raises(BadProof, match=f"^{reason}$"):
        operator.verify(replace(raw, headers={**raw.headers, **changed}), kit.connection, NOW)


def test_one_right_signature_among_several_is_enough(kit: Kit) -> None:
    raw = kit.proofs[0].prove(kit.recorded()["newcall_queue.json"], kit.connection.secrets["signing_secret"][0], NOW)
    several = f"v1a,AAAA v1,d3Jvbmc= {raw.headers['webhook-signature']}"
    headers = {**raw.headers, "webhook-signature": several}
    assert operator.verify(replace(raw, headers=headers), kit.connection, NOW).method == "signature"


@pytest.mark.parametrize("token", ["", "newest-token-0123456789abcde", "newest-token-0123456789abcdef ", "æ", "\ud800"])
def test_tokens_that_are_refused(token: str, kit: Kit) -> None:
    raw = replace(kit.recorded()["newcall_queue.json"], url_token=token)
    with pytest.raises(BadProof, match=r"^url_token_wrong$"):
        operator.verify(raw, kit.connection, NOW)


def test_a_signature_does_not_open_the_token_address(kit: Kit) -> None:
    raw = kit.proofs[0].prove(kit.recorded()["newcall_queue.json"], kit.connection.secrets["signing_secret"][0], NOW)
    with pytest.raises(BadProof, match=r"^url_token_wrong$"):
        operator.verify(replace(raw, url_token="guess"), kit.connection, NOW)


@pytest.mark.parametrize(
    ("settings", "secrets", "names"),
    [
        ({}, {}, "signing_secret or url_token"),
        ({}, {"signing_secret": ("whsec_c2hvcnQ=",)}, "signing_secret"),
        ({}, {"signing_secret": ("whsec_not base64 at all!",)}, "signing_secret"),
        ({}, {"url_token": ("too-short",)}, "url_token"),
        ({}, {"url_token": ("a/token/with/slashes/0123456789",)}, "url_token"),
        ({"region": "Norge"}, {"url_token": ("x" * 22,)}, "region"),
        ({"region": ["NO"]}, {"url_token": ("x" * 22,)}, "region"),
        ({"regoin": "NO"}, {"url_token": ("x" * 22,)}, "regoin"),
    ],
)
def test_settings_that_are_refused(
    settings: dict[str, object], secrets: dict[str, tuple[str, ...]], names: str, connection: Connection
) -> None:
    with pytest.raises(ValueError, match=f"^{names}: ") as refusal:
        operator.check_settings(replace(connection, settings=settings, secrets=secrets))
    assert not any(value in str(refusal.value) for values in secrets.values() for value in values)


def test_settings_that_work(connection: Connection) -> None:
    for secrets in (
        {"url_token": connection.secrets["url_token"]},
        {"signing_secret": connection.secrets["signing_secret"]},
        connection.secrets,
    ):
        operator.check_settings(replace(connection, settings={"region": "SE"}, secrets=secrets))
