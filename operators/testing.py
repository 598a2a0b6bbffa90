"""What every operator must hold, whatever its wire format: run by each operator's tests (README.md tells how).

A check is a function of a :class:`Kit`, which brings recorded payloads and ways to prove a request. Only for tests.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.errors import BadProof, Unreadable
from calls.model import Connection, EventKind, Presentation
from calls.ports import Operator, Parsed, RawRequest, Webhook
from operators.testing_events import check_event

NOW = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)  # the night clocks change: nobody's local time may matter
EVENTS_URL = 'https://smartcall.example/api/events/7?a=1&b="2"'
HIDDEN = ("anonymous", "Anonymous", "restricted", "private", "withheld", "hemmelig", "skjult", "0000")
SENTINEL = "Xq7Sentinel"


class WebhookOperator(Operator, Webhook, Protocol): ...  # its own webhook


class HasSettings(Protocol):
    """What a kit of any kind has."""

    @property
    def operator(self) -> Operator: ...
    @property
    def connection(self) -> Connection: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofWay:
    """One way in which the operator proves itself."""

    secret: str  # the name of the secret in a connection
    prove: Callable[[RawRequest, str, datetime], RawRequest]  # the request as sent by who knows this secret, then
    timed: bool  # whether the proof holds a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Kit:
    """An operator with all that the checks need of it."""

    operator: WebhookOperator
    connection: Connection  # with two valid values of every secret, newest first
    stranger: Connection  # another tenant's, with secrets of its own
    proofs: tuple[ProofWay, ...]
    payloads: Path  # recorded bodies; a name that begins with "unreadable" must be refused
    content_types: Mapping[str, str]  # by the recorded body's suffix
    hide_caller: Callable[[str], RawRequest]  # a ringing with this word in the caller's place

    def recorded(self) -> dict[str, RawRequest]:
        """Every recorded body as an unproven request, by file name."""
        bodies = sorted(path for path in self.payloads.iterdir() if path.suffix in self.content_types)
        return {path.name: request(path.read_bytes(), self.content_types[path.suffix]) for path in bodies}

    def usable(self) -> dict[str, RawRequest]:
        return {name: raw for name, raw in self.recorded().items() if not name.startswith("unreadable")}


def request(body: bytes, content_type: str, **headers: str) -> RawRequest:
    return RawRequest(method="POST", headers={"content-type": content_type, **headers}, query={}, body=body)


def _some_request(kit: Kit) -> RawRequest:
    return next(iter(kit.usable().values()))


def _refused(kit: Kit, raw: RawRequest, connection: Connection, now: datetime) -> None:
    with pytest.raises(BadProof) as refusal:
        kit.operator.verify(raw, connection, now)
    reason = str(refusal.value)
    assert reason.isidentifier(), "a reason code, fit for a log and a metric"
    for values in (*kit.connection.secrets.values(), *kit.stranger.secrets.values()):
        assert not any(value in reason for value in values)


def check_every_valid_secret_proves(kit: Kit) -> None:
    for way in kit.proofs:
        for secret in kit.connection.secrets[way.secret]:
            proven = way.prove(_some_request(kit), secret, NOW)
            kit.operator.verify(proven, kit.connection, NOW)
            only = replace(kit.connection, secrets={way.secret: (secret,)})
            kit.operator.verify(proven, only, NOW)


def check_a_strangers_or_removed_secret_is_refused(kit: Kit) -> None:
    for way in kit.proofs:
        for secret in kit.stranger.secrets[way.secret]:
            _refused(kit, way.prove(_some_request(kit), secret, NOW), kit.connection, NOW)
        newest, oldest = kit.connection.secrets[way.secret]
        rotated = replace(kit.connection, secrets={**kit.connection.secrets, way.secret: (newest,)})
        _refused(kit, way.prove(_some_request(kit), oldest, NOW), rotated, NOW)


def check_a_missing_proof_is_refused(kit: Kit) -> None:
    bare = replace(kit.connection, secrets={})
    for way in kit.proofs:
        proven = way.prove(_some_request(kit), kit.connection.secrets[way.secret][0], NOW)
        _refused(kit, proven, bare, NOW)
    _refused(kit, _some_request(kit), kit.connection, NOW)
    _refused(kit, _some_request(kit), bare, NOW)


def check_one_proof_does_not_stand_in_for_another(kit: Kit) -> None:
    """A connection that knows only one kind of secret refuses every other kind of proof."""
    for way in kit.proofs:
        for other in kit.proofs:
            if other.secret != way.secret:
                only = replace(kit.connection, secrets={other.secret: kit.connection.secrets[other.secret]})
                proven = way.prove(_some_request(kit), kit.connection.secrets[way.secret][0], NOW)
                _refused(kit, proven, only, NOW)


def check_a_timed_proof_goes_stale_both_ways(kit: Kit) -> None:
    for way in kit.proofs:
        proven = way.prove(_some_request(kit), kit.connection.secrets[way.secret][0], NOW)
        for seconds in (-299, 299):
            kit.operator.verify(proven, kit.connection, NOW + timedelta(seconds=seconds))
        for seconds in (-301, 301, 86_400):
            if way.timed:
                _refused(kit, proven, kit.connection, NOW + timedelta(seconds=seconds))
            else:
                kit.operator.verify(proven, kit.connection, NOW + timedelta(seconds=seconds))


def check_a_timed_proof_covers_the_body(kit: Kit) -> None:
    for way in kit.proofs:
        if way.timed:
            proven = way.prove(_some_request(kit), kit.connection.secrets[way.secret][0], NOW)
            _refused(kit, replace(proven, body=proven.body + b" "), kit.connection, NOW)


def check_recorded_bodies_are_read_or_refused_as_named(kit: Kit) -> None:
    assert kit.usable(), "no recorded payloads"
    for name, raw in kit.recorded().items():
        if name.startswith("unreadable"):
            with pytest.raises(Unreadable):
                kit.operator.parse(raw, kit.connection, NOW)
        else:
            parsed = kit.operator.parse(raw, kit.connection, NOW)
            assert parsed.events or parsed.ignored, name
            _check_parsed(kit, parsed, raw)


def check_parsing_is_pure(kit: Kit) -> None:
    for name, raw in kit.usable().items():
        before = copy.deepcopy((raw.headers, raw.query, raw.body, kit.connection.settings, kit.connection.secrets))
        first = kit.operator.parse(raw, kit.connection, NOW)
        assert kit.operator.parse(copy.deepcopy(raw), copy.deepcopy(kit.connection), NOW) == first, name
        later = kit.operator.parse(raw, kit.connection, NOW + timedelta(hours=2))
        timeless = [[replace(e, received_at=NOW, event_id="") for e in told.events] for told in (first, later)]
        assert timeless[0] == timeless[1], name
        after = (raw.headers, raw.query, raw.body, kit.connection.settings, kit.connection.secrets)
        assert after == before, name


def check_a_repeated_delivery_is_the_same_event(kit: Kit) -> None:
    """Told twice: one id, unless a queue may have come round. No two recorded bodies share one, nor two tenants."""
    seen: dict[str, str] = {}
    for name, raw in kit.usable().items():
        first = kit.operator.parse(raw, kit.connection, NOW).events
        later = kit.operator.parse(raw, kit.connection, NOW + timedelta(days=1)).events
        others = kit.operator.parse(raw, kit.stranger, NOW).events
        assert [event.event_id for event in first] == [event.event_id for event in later] or first[0].only_these, name
        for event, other in zip(first, others, strict=True):
            assert event.event_id != other.event_id, name
            assert event.event_id not in seen, f"{name} and {seen.get(event.event_id)}"
            seen[event.event_id] = name


def check_a_signed_delivery_keeps_its_id(kit: Kit) -> None:
    for way in kit.proofs:
        proven = way.prove(_some_request(kit), kit.connection.secrets[way.secret][0], NOW)
        proof = kit.operator.verify(proven, kit.connection, NOW)
        if proof.delivery_id is not None:
            assert proof.delivery_id in kit.operator.parse(proven, kit.connection, NOW).events[0].event_id


def check_hidden_callers(kit: Kit) -> None:
    for word in HIDDEN:
        (event,) = kit.operator.parse(kit.hide_caller(word), kit.connection, NOW).events
        assert event.kind is EventKind.RINGING
        assert event.caller is not None
        assert (event.caller.presentation, event.caller.number) == (Presentation.WITHHELD, None)
    for word in ("", "unavailable", "unknown"):
        (event,) = kit.operator.parse(kit.hide_caller(word), kit.connection, NOW).events
        assert event.caller is not None
        assert (event.caller.presentation, event.caller.number) == (Presentation.UNAVAILABLE, None)


def check_any_body_is_read_or_refused(kit: Kit) -> None:
    """Bytes, broken recordings and JSON of every shape: ``Unreadable`` or events, and nothing else, ever."""
    recorded = [raw.body for raw in kit.recorded().values()]
    types = [*kit.content_types.values(), "text/html", "", "multipart/form-data; boundary=x"]

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_bodies(recorded), st.sampled_from(types))
    def check(body: bytes, content_type: str) -> None:
        raw = request(body, content_type)
        try:
            parsed = kit.operator.parse(raw, kit.connection, NOW)
        except Unreadable:
            return
        _check_parsed(kit, parsed, raw)

    check()


def check_nothing_of_a_body_is_in_an_exception(kit: Kit) -> None:
    """Exceptions reach logs. Every recorded body is broken in every place with a word that must not come out again."""
    for name, raw in kit.recorded().items():
        for at in range(0, len(raw.body) + 1, 3):
            for tail in (raw.body[at:], b""):
                for word in (SENTINEL.encode(), SENTINEL.encode() + b"\xff", f'"{SENTINEL}'.encode()):
                    broken = replace(raw, body=raw.body[:at] + word + tail)
                    check_silence(partial(kit.operator.parse, broken, kit.connection, NOW), name)


def check_silence(read: Callable[[], object], name: str) -> None:
    """Where what was recorded under ``name`` is refused, nothing of it is in what is raised."""
    refusal: Unreadable | None = None
    try:
        read()
    except Unreadable as error:
        refusal = error
    if refusal is not None:
        assert SENTINEL not in "".join(traceback.format_exception(refusal)) + repr(refusal.args), name
        assert refusal.__cause__ is None, name
        assert refusal.__suppress_context__ or refusal.__context__ is None, name


def check_settings_without_secrets_are_refused(kit: HasSettings) -> None:
    kit.operator.check_settings(kit.connection)
    with pytest.raises(ValueError, match=r"secret|token|password|key") as refusal:
        kit.operator.check_settings(replace(kit.connection, secrets={}))
    assert "\n" not in str(refusal.value)


CHECKS: tuple[Callable[[Kit], None], ...] = (
    check_every_valid_secret_proves,
    check_a_strangers_or_removed_secret_is_refused,
    check_a_missing_proof_is_refused,
    check_one_proof_does_not_stand_in_for_another,
    check_a_timed_proof_goes_stale_both_ways,
    check_a_timed_proof_covers_the_body,
    check_recorded_bodies_are_read_or_refused_as_named,
    check_parsing_is_pure,
    check_a_repeated_delivery_is_the_same_event,
    check_a_signed_delivery_keeps_its_id,
    check_hidden_callers,
    check_any_body_is_read_or_refused,
    check_nothing_of_a_body_is_in_an_exception,
    check_settings_without_secrets_are_refused,
)


def _check_parsed(kit: Kit, parsed: Parsed, raw: RawRequest) -> None:
    """Every event can be stored and drawn, and can be answered."""
    for event in parsed.events:
        check_event(event, NOW)
    assert all(reason.isidentifier() for reason in parsed.ignored), "a reason code, never contents"
    reply = kit.operator.reply(parsed, raw, EVENTS_URL)
    assert 200 <= reply.status < 300


def _bodies(recorded: list[bytes]) -> st.SearchStrategy[bytes]:
    words = sorted({word for body in recorded for word in body.replace(b"&", b" ").replace(b'"', b" ").split()})
    noise = st.one_of(st.binary(max_size=60), st.text(max_size=30).map(_any_bytes), st.sampled_from(words))
    spliced = st.builds(
        lambda body, at, length, other: body[: at % (len(body) + 1)] + other + body[at % (len(body) + 1) + length :],
        st.sampled_from(recorded),
        st.integers(0, 2_000),
        st.integers(0, 40),
        noise,
    )
    deep = st.sampled_from(
        [b"[" * 100_000, b'{"event":' * 50_000, b'{"callId":' + b"9" * 5_000 + b"}", b"NaN", b"\xef\xbb\xbf{}"]
    )
    return st.one_of(st.binary(max_size=200), spliced, st.lists(noise, max_size=20).map(b"".join), deep)


def _any_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
