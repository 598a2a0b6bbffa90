"""Every line of Microsoft's status table, and the shapes in which Teams has been seen to say them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.teams.errors import (
    BlockedByUser,
    CardGone,
    ChatGone,
    DisabledByAdmin,
    NotInstalled,
    TooLarge,
    WrongHost,
    translate,
)
from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(
    status: int, code: str | None, *, repeatable: bool = False, headers: dict[str, str] | None = None
) -> OutsideError:
    body = b"" if code is None else json.dumps({"error": {"code": code, "message": "words about Kari"}}).encode()
    return translate(status, headers or {}, body, repeatable=repeatable, now=NOW)


@pytest.mark.parametrize(
    ("status", "code", "post", "put"),
    [
        (400, "Bad Argument", Refused, Refused),
        (401, "BotNotRegistered", NeedsSignIn, NeedsSignIn),
        (401, None, NeedsSignIn, NeedsSignIn),
        (403, "BotDisabledByAdmin", DisabledByAdmin, DisabledByAdmin),
        (403, "BotNotInConversationRoster", NotInstalled, NotInstalled),
        (404, "BotNotInConversationRoster", NotInstalled, NotInstalled),
        (403, "ForbiddenOperationException", NotInstalled, NotInstalled),
        (403, "ConversationBlockedByUser", BlockedByUser, BlockedByUser),
        (403, "MessageWritesBlocked", BlockedByUser, BlockedByUser),
        (403, "InvalidBotApiHost", WrongHost, WrongHost),
        (403, "NotEnoughPermissions", Refused, Refused),
        (403, None, Refused, Refused),
        (404, "ActivityNotFoundInConversation", CardGone, CardGone),
        (404, "ConversationNotFound", ChatGone, ChatGone),
        (404, None, Gone, Gone),
        (412, "PreconditionFailed", Transient, Transient),
        (413, "MessageSizeTooBig", TooLarge, TooLarge),
        (413, "RequestEntityTooLarge", TooLarge, TooLarge),
        (429, "Throttled", Throttled, Throttled),
        (500, "ServiceError", Unknown, Transient),
        (502, "ServiceError", Transient, Transient),
        (503, None, Transient, Transient),
        (504, None, Transient, Transient),
        (302, None, Refused, Refused),
        (599, None, Transient, Transient),
    ],
)
def test_each_row_has_its_error(
    status: int, code: str | None, post: type[OutsideError], put: type[OutsideError]
) -> None:
    assert type(answer(status, code)) is post
    assert type(answer(status, code, repeatable=True)) is put


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "BotNotInConversationRoster", "BotNotInConversationRoster"),
        (403, "NotEnoughPermissions", "NotEnoughPermissions"),
        (403, None, "http 403"),
        (404, "ConversationNotFound", "ConversationNotFound"),
        (400, "Bad Argument\n<script>", "BadArgumentscript"),
    ],
)
def test_a_refusal_carries_teams_own_code(status: int, code: str | None, said: str) -> None:
    error = answer(status, code)
    assert isinstance(error, Refused | Gone)
    assert error.code == said


def test_messages_hold_nothing_of_what_teams_wrote() -> None:
    assert "Kari" not in str(answer(400, "Bad Argument"))


@pytest.mark.parametrize(
    "body",
    [
        {"errorCode": 209, "message": '{"subCode":"MessageWritesBlocked","details":null}'},
        {"errorCode": 209, "message": "(BotMessageBlocked)"},
        {"error": {"code": "Forbidden", "innerError": {"subCode": "MessageWritesBlocked"}}},
        {
            "error": {
                "code": "Forbidden",
                "innerHttpError": {"statusCode": 403, "body": {"error": {"code": "ConversationBlockedByUser"}}},
            }
        },
        {"error": {"code": "Forbidden", "innerHttpError": {"body": '{"error":{"code":"ConversationBlockedByUser"}}'}}},
    ],
)
def test_the_telling_code_is_found_where_teams_hides_it(body: object) -> None:
    error = translate(403, {}, json.dumps(body).encode(), repeatable=False, now=NOW)
    assert type(error) is BlockedByUser


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'"x"', b"\xff", b'{"error": null}', b'{"errorCode": []}', b"[" * 5000]
)
def test_a_body_that_says_nothing_leaves_the_status(body: bytes) -> None:
    assert type(translate(403, {}, body, repeatable=False, now=NOW)) is Refused


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("1e300", 3600.0),
        ("inf", 3600.0),
        ("-inf", 0.0),
        ("nan", None),
        ("9" * 400, 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    error = answer(429, "Throttled", headers={"Retry-After": header})
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds
