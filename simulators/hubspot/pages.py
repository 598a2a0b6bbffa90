"""Record pages for people: what "open in the CRM" shows in a demo. A look of our own, no trademark of HubSpot's.

Everything that comes from a record is escaped, and a content security policy lets nothing run but the page's script.
The page listens to a stream and fetches its own contents again when its record or one of its calls changes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from aiohttp import web

from simulators.control import beside
from simulators.event_stream import Broadcast
from simulators.hubspot.account import ACCOUNT, PREFIX, Account
from simulators.hubspot.errors import ApiError
from simulators.hubspot.kinds import KINDS
from simulators.hubspot.properties import parse_time
from simulators.hubspot.stages import find_stage
from simulators.hubspot.store import LONG_AGO, Record
from simulators.hubspot.wording import (
    DIRECTIONS,
    DISPOSITIONS,
    STATUSES,
    say_duration,
    say_note,
    say_number,
    say_time,
)

_PAGES = PREFIX + "/contacts/{portal}"
_PHONE = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M5 4h3.4l1.6 4.2-2.1 1.5a12 12 0 0 0 6.4 6.4l1.5-2.1L20 '
    '15.6V19a1.6 1.6 0 0 1-1.7 1.6C10.6 20 4 13.4 3.4 5.7A1.6 1.6 0 0 1 5 4z"/>{arrow}</svg>'
)
_ARROWS = {"INBOUND": '<path d="M20.5 3.5 15 9m0-4.2V9h4.2"/>', "OUTBOUND": '<path d="M15 9l5.5-5.5m-4.2 0h4.2v4.2"/>'}


def add_routes(app: web.Application) -> None:
    account = app[ACCOUNT]
    broadcast = Broadcast()

    def tell(kind: str, object_id: str) -> None:
        """A call changes the pages of everybody it was with."""
        record = account.store.known(kind, object_id)
        touched = record.associations if kind == "calls" and record is not None else [(kind, object_id)]
        for name, other in touched:
            broadcast.send("changed", {"record": f"{KINDS[name].type_id}/{other}"})

    @beside
    async def stream(request: web.Request) -> web.StreamResponse:
        return await broadcast.serve(request, {})

    account.store.changed.append(tell)
    app.on_shutdown.append(broadcast.close)
    app.router.add_get(_PAGES + "/stream", stream)
    app.router.add_get(_PAGES + "/record/{type}/{id}", _show_record)


@beside
async def _show_record(request: web.Request) -> web.Response:
    account = request.config_dict[ACCOUNT]
    kind = next((item for item in KINDS.values() if item.type_id == request.match_info["type"]), None)
    if request.match_info["portal"] != str(account.settings.portal) or kind is None or kind.name not in _SIDES:
        raise web.HTTPNotFound(text="Siden finnes ikke.")
    try:
        record = account.store.find(kind, request.match_info["id"])
    except ApiError:
        raise web.HTTPNotFound(text="Posten finnes ikke, eller er slettet.") from None
    body = _SIDES[kind.name](account, record) + _render_timeline(account, record)
    if "fragment" in request.query:
        return web.Response(text=body, content_type="text/html", headers={"Cache-Control": "no-store"})
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:"
    )
    text = _template().substitute(
        title=escape(name_of(record)),
        crumb=_CRUMBS[kind.name],
        nonce=nonce,
        body=body,
        record=f"{kind.type_id}/{record.id}",
        stream=f"{PREFIX}/contacts/{account.settings.portal}/stream",
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


@cache
def _template() -> Template:
    return Template(files(__package__).joinpath("record.html").read_text(encoding="utf-8"))


_TITLES = {"deals": "dealname", "tickets": "subject"}


def name_of(record: Record) -> str:
    values = record.now.values
    if record.kind.name == "companies":
        return values.get("name") or values.get("domain") or f"Firma {record.id}"
    if record.kind.name in _TITLES:
        return values.get(_TITLES[record.kind.name]) or record.id
    full = " ".join(values[part] for part in ("firstname", "lastname") if part in values)
    return full or values.get("email") or f"Kontakt {record.id}"


def _render_contact(account: Account, record: Record) -> str:
    values = record.now.values
    companies = account.store.linked(record, "companies")
    employer = _link(account, companies[0]) if companies else escape(values.get("company", ""))
    title = escape(values.get("jobtitle", ""))
    facts = [
        ("Telefon", escape(values.get("phone", ""))),
        ("Mobil", escape(values.get("mobilephone", ""))),
        ("E-post", escape(values.get("email", ""))),
        ("Firma", employer),
        *_common_facts(account, record),
    ]
    head = _render_head(record, "<br>".join(part for part in (title, employer) if part))
    return f'<div class="side">{head}{_render_facts(facts)}</div>'


def _render_company(account: Account, record: Record) -> str:
    values = record.now.values
    facts = [
        ("Telefon", escape(values.get("phone", ""))),
        ("Domene", escape(values.get("domain", ""))),
        *_common_facts(account, record),
    ]
    people = "".join(
        f"<li>{_link(account, person)}<span>{escape(person.now.values.get('jobtitle', ''))}</span></li>"
        for person in account.store.linked(record, "contacts")
    )
    links = f'<div class="card"><h2>Kontakter</h2><ul class="links">{people}</ul></div>' if people else ""
    head = _render_head(record, escape(values.get("domain", "")))
    return f'<div class="side">{head}{_render_facts(facts)}{links}</div>'


def _render_deal(account: Account, record: Record) -> str:
    values = record.now.values
    amount = " ".join(part for part in (values.get("amount", ""), values.get("deal_currency_code", "")) if part)
    stage = _stage(account, "deals", values.get("dealstage", ""))
    return _render_work(account, record, "Avtale", [("Fase", stage), ("Beløp", escape(amount))])


def _render_ticket(account: Account, record: Record) -> str:
    stage = _stage(account, "tickets", record.now.values.get("hs_pipeline_stage", ""))
    return _render_work(account, record, "Sak", [("Status", stage)])


def _render_work(account: Account, record: Record, kind: str, facts: list[tuple[str, str]]) -> str:
    others = (other for name in ("contacts", "companies") for other in account.store.linked(record, name))
    links = "".join(f"<li>{_link(account, other)}</li>" for other in others)
    owner = escape(_owner_name(account, record.now.values.get("hubspot_owner_id")))
    facts = [*facts, ("Ansvarlig", owner), ("Post-ID", escape(record.id))]
    listed = f'<div class="card"><h2>Gjelder</h2><ul class="links">{links}</ul></div>' if links else ""
    return f'<div class="side">{_render_head(record, kind)}{_render_facts(facts)}{listed}</div>'


def _stage(account: Account, kind: str, stage_id: str) -> str:
    stage = find_stage(kind, stage_id)
    return escape(account.settings.stage_labels.get(stage_id, stage.label if stage else stage_id))


_SIDES = {
    "contacts": _render_contact,
    "companies": _render_company,
    "deals": _render_deal,
    "tickets": _render_ticket,
}
_CRUMBS = {"contacts": "Kontakter", "companies": "Firmaer", "deals": "Avtaler", "tickets": "Saker"}


def _render_head(record: Record, below: str) -> str:
    name = name_of(record)
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    shape = " company" if record.kind.name == "companies" else ""
    hue = sum(record.id.encode()) % 6
    return (
        f'<div class="card who"><div class="avatar h{hue}{shape}" aria-hidden="true">{escape(initials)}</div>'
        f"<h1>{escape(name)}</h1><p>{below}</p></div>"
    )


def _common_facts(account: Account, record: Record) -> list[tuple[str, str]]:
    values = record.now.values
    owner = _owner_name(account, values.get("hubspot_owner_id"))
    contacted = parse_time(values.get("notes_last_contacted", ""))
    last = escape(say_time(contacted, account.now()).capitalize()) if contacted else "Aldri"
    return [("Kundeansvarlig", escape(owner)), ("Sist kontaktet", last), ("Post-ID", escape(record.id))]


def _render_facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{label}</dt><dd>{value or '–'}</dd></div>" for label, value in facts)
    return f'<div class="card"><dl>{rows}</dl></div>'


def _render_timeline(account: Account, record: Record) -> str:
    calls = account.store.linked(record, "calls")
    calls.sort(key=lambda call: parse_time(call.now.values.get("hs_timestamp", "")) or LONG_AGO, reverse=True)
    entries = "".join(_render_call(account, call) for call in calls)
    count = f'<span class="count">{len(calls)}</span>' if calls else ""
    icon = _PHONE.format(arrow="")
    empty = (
        f'<div class="card empty">{icon}<p>Ingen aktivitet ennå.</p>'
        "<p>Når en samtale er over og blir loggført, dukker den opp her av seg selv.</p></div>"
    )
    live = '<span class="live" role="status"><i></i><span>Kobler til …</span></span>'
    timeline = f'<ul class="timeline">{entries}</ul>' if calls else empty
    return (
        f'<section aria-label="Aktivitet"><div class="head"><h2>Aktivitet</h2>{count}{live}</div>{timeline}</section>'
    )


def _render_call(account: Account, call: Record) -> str:
    values = call.now.values
    direction = values.get("hs_call_direction", "")
    status = values.get("hs_call_status", "")
    colour, outcome = STATUSES.get(status, ("", ""))
    moment = parse_time(values.get("hs_timestamp", "")) or call.created_at
    facts = [
        (colour, outcome),
        ("", DISPOSITIONS.get(values.get("hs_call_disposition", ""), "")),
        ("", DIRECTIONS.get(direction, "")),
        ("", f"Varighet {say_duration(values['hs_call_duration'])}" if values.get("hs_call_duration") else ""),
        ("", f"Fra {say_number(values['hs_call_from_number'])}" if values.get("hs_call_from_number") else ""),
        ("", f"Til {say_number(values['hs_call_to_number'])}" if values.get("hs_call_to_number") else ""),
    ]
    shown = "".join(f'<li class="{kind}">{escape(text)}</li>' for kind, text in facts if text)
    note = say_note(values.get("hs_call_body", ""))
    owner = _owner_name(account, values.get("hubspot_owner_id"))
    icon = _PHONE.format(arrow=_ARROWS.get(direction, ""))
    mood = " bad" if colour == "bad" else ""
    return (
        f'<li class="card" data-id="{escape(call.id)}"><div class="icon{mood}">{icon}</div><div>'
        f'<div class="top"><h3>{escape(values.get("hs_call_title") or "Samtale")}</h3>'
        f'<time datetime="{moment.isoformat()}">{escape(say_time(moment, account.now()).capitalize())}</time></div>'
        f'<ul class="facts">{shown}</ul>'
        + (f'<p class="body">{escape(note)}</p>' if note else "")
        + (f'<p class="by">Loggført på {escape(owner)}</p>' if owner else "")
        + "</div></li>"
    )


def _owner_name(account: Account, owner_id: str | None) -> str:
    owner = account.owners.get(owner_id or "")
    if owner is None:
        return ""
    return " ".join(part for part in (owner.first_name, owner.last_name) if part) or owner.email


def _link(account: Account, record: Record) -> str:
    path = f"{PREFIX}/contacts/{account.settings.portal}/record/{record.kind.type_id}/{record.id}"
    return f'<a href="{escape(path)}">{escape(name_of(record))}</a>'
