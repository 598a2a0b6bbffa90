from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from calls.model import Connection
from operators.phonero import operator
from operators.phonero.call_status import read_message
from operators.testing_streams import StreamKit

PAYLOADS = Path(__file__).parent / "payloads"


def hide_caller(word: str) -> str:
    message = json.loads((PAYLOADS / "update_direct_ringing.json").read_text(encoding="utf-8"))
    message["data"] |= {"callId": f"hidden {word}", "callingParty": word}
    return json.dumps(message)


@pytest.fixture(scope="session")
def connection() -> Connection:
    return Connection(
        tenant_id=UUID("9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"),
        connection_id=UUID("b7c1d0a2-4c55-4a3e-8f6b-0e5d7a9c1f02"),
        type="phonero",
        name="Bedriftsnett",
        settings={"customer_id": "4711", "click_to_call": True},
        secrets={"username": ("integrator",), "password": ("newest password", "older password")},
    )


@pytest.fixture(scope="session")
def kit(connection: Connection) -> StreamKit:
    return StreamKit(
        operator=operator,
        connection=connection,
        stranger=replace(connection, tenant_id=UUID(int=2), connection_id=UUID(int=3)),
        read=read_message,
        payloads=PAYLOADS,
        hide_caller=hide_caller,
        same_call=(
            ("initial_two_calls.json", "update_direct_answered.json"),
            ("initial_queue_answered.json", "update_queue_answered.json"),
            ("initial_with_a_gap.json", "update_direct_ringing.json"),
        ),
    )
