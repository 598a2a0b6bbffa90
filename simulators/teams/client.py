"""The local Teams client: what the demo's page and the tests do in a person's place.

None of this is Microsoft's API. Every answer tells what the bot said to the activities that were sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulators.teams.activities import Activities
from simulators.teams.cards import find_action
from simulators.teams.chats import Chats, Message, Person
from simulators.teams.clicks import Clicks, NoSuchActionError
from simulators.teams.connector import Connector
from simulators.teams.connector_errors import BLOCKED_CODES
from simulators.teams.messenger import Delivered, Messenger
from simulators.teams.openid import OpenId
from simulators.teams.origin import Origin, service_url

PREFIX = "/simulators/teams"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequestError(Exception):
    """Answered with ``{"error": …}`` and the status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Client:
    def __init__(
        self, chats: Chats, connector: Connector, openid: OpenId, messenger: Messenger, *, origin: Origin
    ) -> None:
        self._chats = chats
        self._connector = connector
        self._openid = openid
        self._messenger = messenger
        self._origin = origin
        self._activities = Activities(chats.world)
        self._clicks = Clicks(chats, self._activities, messenger)

    def add_routes(self, app: web.Application) -> None:
        person = PREFIX + "/users/{user}"
        app.router.add_get(PREFIX + "/state", _answer(self._show))
        app.router.add_get(PREFIX + "/stream", _answer(self._stream))
        app.router.add_post(person + "/install", _answer(self._install))
        app.router.add_post(person + "/uninstall", _answer(self._uninstall))
        app.router.add_post(person + "/block", _answer(self._block))
        app.router.add_post(person + "/unblock", _answer(self._unblock))
        app.router.add_post(person + "/messages", _answer(self._write))
        app.router.add_post(person + "/invoke", _answer(self._invoke))
        app.router.add_post(person + "/submit", _answer(self._submit))
        app.router.add_post(PREFIX + "/keys/rollover", _answer(self._roll_over))
        app.router.add_post(PREFIX + "/token", _answer(self._forge))
        app.router.add_put(PREFIX + "/connector", _answer(self._set_habits))

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(self._chats.show())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self._chats.broadcast.serve(request, self._chats.show())

    async def _install(self, request: web.Request) -> web.Response:
        """Both activities of an installation; they come in no promised order (``?order=reverse`` swaps them)."""
        person, url = self._find_person(request), service_url(self._origin(request))
        self._chats.install(person, installed=True)
        activities = [
            self._activities.installation(person, url, added=True),
            self._activities.members_added(person, url),
        ]
        if request.query.get("order") == "reverse":
            activities.reverse()
        delivered = [await self._messenger.send(activity, self._origin(request)) for activity in activities]
        return _show_deliveries(person, delivered)

    async def _uninstall(self, request: web.Request) -> web.Response:
        person, origin = self._find_person(request), self._origin(request)
        self._chats.install(person, installed=False)
        activity = self._activities.installation(person, service_url(origin), added=False)
        return _show_deliveries(person, [await self._messenger.send(activity, origin)])

    async def _block(self, request: web.Request) -> web.Response:
        """The bot is told nothing; it meets a 403. ``{"as": code}`` chooses which of Teams' two."""
        code = (await _read_json(request)).get("as", BLOCKED_CODES[0])
        if code not in BLOCKED_CODES:
            raise BadRequestError(400, f"as: one of {', '.join(BLOCKED_CODES)}")
        person = self._find_person(request)
        person.blocked_as = code
        return web.json_response({"user": person.profile.aad_object_id, "blocked": True})

    async def _unblock(self, request: web.Request) -> web.Response:
        person = self._find_person(request)
        person.blocked_as = None
        return web.json_response({"user": person.profile.aad_object_id, "blocked": False})

    async def _write(self, request: web.Request) -> web.Response:
        text = (await _read_json(request)).get("text")
        if not isinstance(text, str) or not text:
            raise BadRequestError(400, "text: needs a text")
        person, origin = self._find_active(request), self._origin(request)
        message = self._chats.post(person, "user", text=text)
        activity = self._activities.message(person, service_url(origin), message)
        delivered = await self._messenger.send(activity, origin)
        return web.json_response({"message": message.show()} | delivered.show(), status=201)

    async def _invoke(self, request: web.Request) -> web.Response:
        body = await _read_json(request)
        person, message = self._find_card(request, body)
        verb, data = body.get("verb"), body.get("data")
        if not isinstance(verb, str) or not (data is None or isinstance(data, dict)):
            raise BadRequestError(400, "verb: needs a text; data: an object or nothing")
        again = request.query.get("retry") == "1" or self._chats.world.retry_invokes
        try:
            result = await self._clicks.invoke(
                person,
                message,
                verb,
                data,
                origin=self._origin(request),
                times=2 if again else 1,
                force=request.query.get("force") == "1",
            )
        except NoSuchActionError as error:
            raise BadRequestError(409, str(error)) from None
        return web.json_response(result)

    async def _submit(self, request: web.Request) -> web.Response:
        body = await _read_json(request)
        person, message = self._find_card(request, body)
        data = body.get("data", {})
        if not isinstance(data, dict):
            raise BadRequestError(400, "data: needs an object")
        if find_action(message.card, "Action.Submit") is None and request.query.get("force") != "1":
            raise BadRequestError(409, "the card has no Action.Submit")
        origin = self._origin(request)
        activity = self._activities.submit(person, service_url(origin), message, data)
        return web.json_response((await self._messenger.send(activity, origin)).show())

    async def _roll_over(self, request: web.Request) -> web.Response:
        drop_old = bool((await _read_json(request)).get("drop_old", False))
        kids = self._openid.roll_over(drop_old=drop_old)
        return web.json_response({"kid": kids[0], "published": kids})

    async def _forge(self, request: web.Request) -> web.Response:
        try:
            token = self._openid.forge(await _read_json(request), self._origin(request))
        except (TypeError, ValueError) as error:
            raise BadRequestError(400, str(error)) from None
        return web.json_response({"token": token})

    async def _set_habits(self, request: web.Request) -> web.Response:
        body, habits = await _read_json(request), self._connector.habits
        conflicts, seconds = body.get("conflicts", habits.conflicts), body.get("busy_seconds", habits.busy_seconds)
        if not isinstance(conflicts, bool) or isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise BadRequestError(400, "conflicts: true or false; busy_seconds: a number")
        habits.conflicts, habits.busy_seconds = conflicts, float(seconds)
        return web.json_response({"conflicts": habits.conflicts, "busy_seconds": habits.busy_seconds})

    def _find_person(self, request: web.Request) -> Person:
        person = self._chats.people.get(request.match_info["user"])
        if person is None:
            raise BadRequestError(404, "no such user")
        return person

    def _find_active(self, request: web.Request) -> Person:
        """A person who can use the chat: Teams lets nobody write to an app that is not installed or is blocked."""
        person = self._find_person(request)
        if not person.installed or person.blocked_as:
            raise BadRequestError(409, "the app is blocked" if person.installed else "the app is not installed")
        return person

    def _find_card(self, request: web.Request, body: dict[str, Any]) -> tuple[Person, Message]:
        person = self._find_active(request)
        message = self._chats.find_message(str(body.get("message")), person, "bot")
        if message is None:
            raise BadRequestError(404, "message: no such message of the bot in this chat")
        return person, message


def _answer(handler: _Handler) -> _Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except BadRequestError as error:
            return web.json_response({"error": str(error)}, status=error.status)

    return answer


async def _read_json(request: web.Request) -> dict[str, Any]:
    """An object; an empty body is an empty one."""
    try:
        body = await request.json() if await request.read() else {}
    except ValueError:
        raise BadRequestError(400, "the body must be JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError(400, "the body must be a JSON object")
    return body


def _show_deliveries(person: Person, delivered: list[Delivered]) -> web.Response:
    return web.json_response(person.show() | {"deliveries": [one.show() for one in delivered]})
