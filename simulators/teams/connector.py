"""The Bot Connector's REST interface, as far as a bot in personal chats meets it.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference. The address of these
routes is the ``serviceUrl`` of activities.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import asdict, dataclass

from aiohttp import web

from simulators.teams.chats import Chats, Message, Person
from simulators.teams.connector_errors import ConnectorError, deny
from simulators.teams.drafts import read_body, read_draft, read_member
from simulators.teams.limits import CREATE, READ, SEND, TENANT, Limits, Windows
from simulators.teams.login import Login

RESOURCE = "https://api.botframework.com"
PREFIX = "/simulators/connector/v3/conversations"
_Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(kw_only=True, slots=True)
class Habits:
    """How the connector behaves beyond the rules; changed by ``PUT /simulators/teams/connector``."""

    conflicts: bool = False  # an operation meeting another one of its conversation: 412
    busy_seconds: float = 0.0  # how long each operation takes, so that they can meet


class Connector:
    """Checks the caller, the limits, the chat and the body, in that order, and then does it."""

    def __init__(self, chats: Chats, login: Login) -> None:
        self.habits = Habits()
        self._chats = chats
        self._login = login
        self._limits = Limits()
        self._under_way: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        one = PREFIX + "/{conversation}"
        app.router.add_post(PREFIX, self._guard(self._create, CREATE))
        app.router.add_post(one + "/activities", self._guard(self._post, SEND))
        app.router.add_post(one + "/activities/{activity}", self._guard(self._post, SEND))
        app.router.add_put(one + "/activities/{activity}", self._guard(self._update, SEND))
        app.router.add_delete(one + "/activities/{activity}", self._guard(self._delete, SEND))
        app.router.add_get(one + "/members", self._guard(self._list_members, READ))
        app.router.add_get(one + "/members/{member}", self._guard(self._show_member, READ))

    def _guard(self, handler: _Handler, windows: Windows) -> _Handler:
        async def answer(request: web.Request) -> web.Response:
            if not self._allows(request):
                return deny()
            conversation = request.match_info.get("conversation", "")
            busy = False
            try:
                self._throttle(conversation, windows)
                busy = self._enter(conversation)
                if self.habits.busy_seconds:
                    await asyncio.sleep(self.habits.busy_seconds)
                return await handler(request)
            except ConnectorError as error:
                return error.answer()
            finally:
                if busy:
                    self._under_way.discard(conversation)

        return answer

    def _allows(self, request: web.Request) -> bool:
        world = self._chats.world
        header = request.headers.get("Authorization")
        if header is None:
            return world.anonymous
        scheme, _, token = header.partition(" ")
        claims = self._login.read_token(token, audience=RESOURCE) if scheme == "Bearer" else None
        return claims is not None and claims.get("appid") == world.bot_app_id

    def _throttle(self, conversation: str, windows: Windows) -> None:
        """Limits hold per chat and kind of operation, and per tenant. Creating comes here without a chat, which only
        its body names, and counts that one itself."""
        tenant = (("tenant",), TENANT)
        if conversation:
            self._count(((conversation, windows is READ), windows), tenant)
        else:
            self._count(tenant)

    def _count(self, *wanted: tuple[Hashable, Windows]) -> None:
        if not self._chats.world.limits:
            return
        if (wait := self._limits.take(wanted, asyncio.get_running_loop().time())) is not None:
            raise ConnectorError("Throttled", retry_after=wait)

    def _enter(self, conversation: str) -> bool:
        if not self.habits.conflicts or not conversation:
            return False
        if conversation in self._under_way:
            raise ConnectorError("PreconditionFailed")
        self._under_way.add(conversation)
        return True

    async def _create(self, request: web.Request) -> web.Response:
        """Idempotent: the same person always gives the same chat. No activity id comes back for a first activity."""
        body = await read_body(request)
        mri = read_member(body, self._chats.world.tenant)
        person = self._chats.find_mri(mri)
        if person is None:
            raise ConnectorError("BadArgument", "Failed to decrypt pairwise id")
        self._count(((person.conversation, "create"), CREATE))
        if not person.installed:
            raise ConnectorError("ForbiddenOperationException")
        if person.blocked_as:
            raise ConnectorError(person.blocked_as)
        draft = read_draft(body["activity"]) if isinstance(body.get("activity"), dict) else None
        person.known = True
        if draft is not None:
            self._chats.post(person, "bot", **asdict(draft))
        return web.json_response({"id": person.conversation}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        person = self._find_writable(request)
        draft = read_draft(await read_body(request))
        if draft is None:
            return web.json_response({}, status=201)
        reply_to = request.match_info.get("activity")
        if draft.text is not None and draft.card is not None:
            # Teams splits such an activity into two messages and names neither.
            self._chats.post(person, "bot", text=draft.text, summary=draft.summary, reply_to=reply_to)
            self._chats.post(person, "bot", card=draft.card, summary=draft.summary, reply_to=reply_to)
            return web.json_response({}, status=201)
        message = self._chats.post(person, "bot", **asdict(draft), reply_to=reply_to)
        return web.json_response({"id": message.id}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        person = self._find_writable(request)
        draft = read_draft(await read_body(request))
        if draft is None or (draft.text is not None and draft.card is not None):
            raise ConnectorError("BadArgument", "An update is one message: text or a card.")
        message = self._find_message(request, person)
        self._chats.edit(message, asdict(draft))
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        self._chats.delete(self._find_message(request, self._find_writable(request)))
        return web.Response()

    async def _list_members(self, request: web.Request) -> web.Response:
        return web.json_response([self._show(self._find_person(request))])

    async def _show_member(self, request: web.Request) -> web.Response:
        """By MRI or by Entra object id."""
        person = self._find_person(request)
        if request.match_info["member"] not in {person.profile.mri, person.profile.aad_object_id}:
            raise ConnectorError("MemberNotFoundInConversation")
        return web.json_response(self._show(person))

    def _show(self, person: Person) -> dict[str, str]:
        user = person.profile
        given, _, surname = user.name.rpartition(" ")
        return {
            "id": user.mri,
            "name": user.name,
            "aadObjectId": user.aad_object_id,
            "givenName": given,
            "surname": surname,
            "email": user.upn,
            "userPrincipalName": user.upn,
            "tenantId": self._chats.world.tenant,
            "userRole": "user",
        }

    def _find_person(self, request: web.Request) -> Person:
        person = self._chats.find_conversation(request.match_info["conversation"])
        if person is None:
            raise ConnectorError("ConversationNotFound")
        if not person.installed:
            raise ConnectorError("BotNotInConversationRoster")
        return person

    def _find_writable(self, request: web.Request) -> Person:
        person = self._find_person(request)
        if person.blocked_as:
            raise ConnectorError(person.blocked_as)
        return person

    def _find_message(self, request: web.Request, person: Person) -> Message:
        """The bot's own message: nobody may change another's."""
        message = self._chats.find_message(request.match_info["activity"], person, "bot")
        if message is None:
            raise ConnectorError("ActivityNotFoundInConversation")
        return message
