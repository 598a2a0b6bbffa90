"""What every request passes before it is answered: path, method, credentials, limits, scope, body, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulators.hubspot.account import ACCOUNT, PREFIX, Account
from simulators.hubspot.bodies import parse_body
from simulators.hubspot.errors import ApiError, invalid, unknown_path
from simulators.hubspot.kinds import find_kind

_SCOPE_NAMES = {"calls": "contacts"}  # the calls object asks for the contacts scopes only


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that has passed."""

    account: Account
    request: web.Request
    text: str  # the body as it came
    body: Any  # parsed; None when the endpoint takes none

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)

    def query_list(self, name: str) -> list[str]:
        """A list in the query string: repeated, or with commas."""
        return [item for text in self.request.query.getall(name, []) for item in text.split(",") if item]


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    handle: Callable[[Call], web.Response]  # synchronous: nothing can come between its reading and writing
    scope: str | None = None  # "{type}" is replaced by the object type of the path
    search: bool = False
    takes_body: bool = False


def add_endpoints(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Mount endpoints so that a wrong method of a known path is 405, in HubSpot's shape."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    for path, methods in by_path.items():
        handler = _dispatcher(methods)
        app.router.add_route("*", PREFIX + path, handler)
        if not path.endswith("}"):
            app.router.add_route("*", PREFIX + path + "/", handler)


def _dispatcher(endpoints: Sequence[Endpoint]) -> Callable[[web.Request], Any]:
    by_method = {endpoint.method: endpoint for endpoint in endpoints}

    async def dispatch(request: web.Request) -> web.Response:
        text = (await request.read()).decode("utf-8", "replace")
        headers: dict[str, str] = {}
        try:
            response = _answer(by_method.get(request.method), request, text, headers)
        except ApiError as error:
            response = error.answer()
        response.headers.update(headers)
        return response

    return dispatch


def _answer(endpoint: Endpoint | None, request: web.Request, text: str, headers: dict[str, str]) -> web.Response:
    """Answer one request. ``headers`` gets the rate headers, which errors after that point carry too."""
    if endpoint is None:
        raise ApiError(405, "HTTP 405 Method Not Allowed")
    account = request.config_dict[ACCOUNT]
    caller = account.tokens.identify(request.headers.get("Authorization"))
    headers.update(account.limits.take_search() if endpoint.search else account.limits.take_request(caller))
    _check_scope(account, endpoint, request)
    body = _read_body(endpoint, request, text)
    return endpoint.handle(Call(account=account, request=request, text=text, body=body))


def _check_scope(account: Account, endpoint: Endpoint, request: web.Request) -> None:
    if endpoint.scope is None:
        return
    # Whoever reads associations learns of both types.
    names = ("type", "to_type") if endpoint.scope.endswith(".read") else ("type",)
    kinds = [find_kind(request.match_info[name]).name for name in names if name in request.match_info]
    wanted = [_scope_of(kind, endpoint.scope) for kind in kinds] or [endpoint.scope]
    missing = [scope for scope in wanted if scope not in account.settings.scopes]
    if missing:
        raise ApiError(
            403,
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
            "https://developers.hubspot.com/scopes.",
            category="MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": missing},
                }
            ],
        )


def _scope_of(kind: str, scope: str) -> str:
    return "tickets" if kind == "tickets" else scope.replace("{type}", _SCOPE_NAMES.get(kind, kind))


def _read_body(endpoint: Endpoint, request: web.Request, text: str) -> Any:
    if not endpoint.takes_body:
        return None
    if request.content_type != "application/json":
        raise ApiError(415, "HTTP 415 Unsupported Media Type")
    if not text.strip():
        raise invalid("Request body is empty.")
    return parse_body(text)


async def answer_unknown_path(_: web.Request) -> web.Response:
    return unknown_path().answer()
