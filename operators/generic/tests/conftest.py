from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from calls.model import Connection
from calls.ports import RawRequest
from operators.bodies import FORM, JSON
from operators.generic import operator
from operators.testing import Kit, ProofWay, request


def sign(raw: RawRequest, secret: str, at: datetime) -> RawRequest:
    """As a sender would who follows Standard Webhooks, by that project's own package."""
    delivery_id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
    headers = {
        **raw.headers,
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(delivery_id, at, raw.body.decode()),
    }
    return replace(raw, headers=headers, url_token=None)


def put_token(raw: RawRequest, secret: str, at: datetime) -> RawRequest:
    return replace(raw, url_token=secret)


def hide_caller(word: str) -> RawRequest:
    fields = {"event": "newCall", "direction": "in", "callId": f"hidden {word}", "from": word, "to": "4790000001"}
    return request(urlencode(fields).encode(), FORM)


@pytest.fixture(scope="session")
def connection() -> Connection:
    return Connection(
        tenant_id=UUID("9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"),
        connection_id=UUID("b7c1d0a2-4c55-4a3e-8f6b-0e5d7a9c1f01"),
        type="generic",
        name="Sentralen",
        secrets={
            "signing_secret": (
                "whsec_bmV3ZXN0LXNpZ25pbmctc2VjcmV0LTI0Kw==",
                "whsec_b2xkZXItc2lnbmluZy1zZWNyZXQtMjQrKw==",
            ),
            "url_token": ("newest-token-0123456789abcdef", "older-token-0123456789abcdefg"),
        },
    )


@pytest.fixture(scope="session")
def kit(connection: Connection) -> Kit:
    return Kit(
        operator=operator,
        connection=connection,
        stranger=replace(
            connection,
            tenant_id=UUID(int=2),
            connection_id=UUID(int=3),
            secrets={
                "signing_secret": ("whsec_c3RyYW5nZXJzLXNpZ25pbmctc2VjcmV0LSE=",),
                "url_token": ("strangers-token-0123456789abc",),
            },
        ),
        proofs=(
            ProofWay(secret="signing_secret", prove=sign, timed=True),
            ProofWay(secret="url_token", prove=put_token, timed=False),
        ),
        payloads=Path(__file__).parent / "payloads",
        content_types={".form": FORM, ".json": JSON},
        hide_caller=hide_caller,
    )
