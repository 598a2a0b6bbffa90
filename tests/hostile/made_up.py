"""What Hypothesis throws at the doors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

ODD_TEXTS = (
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202egnp.exe",
    "\u2066\u2067\u2068",
    "**[klikk](https://evil.example)**",
    "<img src=x onerror=alert(1)>",
    "{{DATE(2026-03-02T08:00:00Z,SHORT)}}",
    "'; DROP TABLE smartcall.tenant; --",
    "%s%n%(secret)s{0}{secret}",
    "../../../../etc/passwd",
    "\r\nX-Injected: 1",
    "👩‍👩‍👧‍👦" * 40,
    "x" * 10_000,
    "0" * 400,
    "1" + "0" * 400,
    "NaN",
    "-Infinity",
    "00000000-0000-0000-0000-000000000000",
    "９９９９９９９９",
)
texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=60))
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**400), 2**63, 2**31, -1, 0, float("nan"), float("inf"), 1e308]),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
deep = st.sampled_from([b"[" * 50_000, b'{"a":' * 20_000, b"[" * 900 + b"]" * 900, b'{"event":' + b"[" * 60_000])
JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
EVENT_FIELDS = (
    *("event", "callId", "origCallId", "from", "to", "direction", "user", "userId", "fullUserId"),
    *("queue", "cause", "diversion", "answeringNumber"),
)


def dump(value: Any) -> bytes:
    """JSON as Python writes it: NaN, Infinity and lone surrogates included."""
    return json.dumps(value).encode()


def form(fields: dict[str, Any]) -> bytes:
    return urlencode({name: str(value) for name, value in fields.items()}, errors="surrogatepass").encode()


events = st.dictionaries(st.sampled_from(EVENT_FIELDS), values, max_size=8).flatmap(
    lambda fields: st.sampled_from(("newCall", "answer", "hangup")).map(
        lambda kind: {"event": kind, "callId": "c1", "direction": "in", **fields}
    )
)
bodies: st.SearchStrategy[tuple[bytes, bytes]] = st.one_of(
    st.tuples(st.just(JSON), st.one_of(events, values).map(dump)),
    st.tuples(st.just(FORM), events.map(form)),
    st.tuples(st.just(JSON), deep),
    st.tuples(st.sampled_from([JSON, FORM, b"", b"text/plain", b"multipart/form-data; boundary=x"]), st.binary()),
)
_METHODS = b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND get G\0T".split()
methods = st.sampled_from(_METHODS)
path_parts = st.one_of(
    texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="").encode()[:6000]),
    st.binary(min_size=1, max_size=30),
    st.sampled_from([b"%", b"%zz", b"%00", b"%ff%fe", b"..", b"%2e%2e%2f", b"a" * 9000, b"\x7f", b"?token=x", b"#x"]),
)
header_names = st.sampled_from(
    [
        b"Authorization",
        b"Content-Type",
        b"Content-Encoding",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Expect",
        b"Host",
        b"Upgrade",
        b"Cookie",
        b"Range",
        b"X-Forwarded-For",
        b"X-HTTP-Method-Override",
        b"Webhook-Id",
        b"Webhook-Timestamp",
        b"Webhook-Signature",
        b"bad name",
    ]
)
header_values = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"chunked",
            b"gzip",
            b"Bearer",
            b"Bearer a.b.c",
            b"Bearer \xff\xfe",
            b"100-continue",
            b"-1",
            b"9" * 30,
            b"websocket",
            b"[::1",
            b"a:b:c",
            b"x" * 9000,
            b"a\0b",
            b"application/json; charset=utf-7",
            b"application/json; charset=made-up",
        ]
    ),
)
headers = st.lists(st.tuples(header_names, header_values), max_size=5)


_PARTS = ("type", "id", "text", "timestamp", "channelId", "serviceUrl", "from", "conversation", "recipient")
_MORE = ("channelData", "value", "name", "action", "membersAdded", "membersRemoved", "replyToId", "locale", "entities")
PLACES = (
    *((name,) for name in (*_PARTS, *_MORE)),
    *(("from", name) for name in ("id", "aadObjectId", "name")),
    *(("conversation", name) for name in ("id", "conversationType", "isGroup", "tenantId")),
    *(("recipient", name) for name in ("id", "name")),
    ("channelData", "tenant"),
    ("channelData", "tenant", "id"),
    ("value", "action"),
    ("value", "action", "verb"),
    ("value", "action", "data"),
)


@dataclass(frozen=True, slots=True)
class Changes:
    """Some parts of an activity, and what stands there instead."""

    made: tuple[tuple[tuple[str, ...], Any], ...]

    def apply(self, activity: dict[str, Any]) -> dict[str, Any]:
        done: dict[str, Any] = json.loads(json.dumps(activity))
        for path, value in self.made:
            place: Any = done
            for name in path[:-1]:
                place = place.get(name) if isinstance(place, dict) else None
            if isinstance(place, dict):
                place[path[-1]] = value
        return done


changes = st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(values, texts)), min_size=1, max_size=3).map(
    lambda made: Changes(tuple(made))
)
