"""What is under way with the caller, and when we last spoke: a few calm lines under the name, for who takes the call.

They come after the first card and without a banner, so nothing above them moves. A title is a link to its record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from adaptive_cards.card import ActionOpenUrl, RichTextBlock, TextRun
from adaptive_cards.types import FontSize, Spacing

from bot.cards.elements import GAP, join, line, quiet, run
from bot.cards.links import safe_url
from bot.cards.untrusted import NAME, ROLE, SHORT, plain
from bot.texts import Texts
from calls.model import LastContact, OpenItem
from calls.popups.popup import Popup

_SHOWN = 3  # open items; a source gives no more than a handful


def about_customer(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """The lines that apply to the one shown large, in reading order."""
    if not popup.matches:
        return []
    caller = popup.matches[0]
    items = caller.open_items[:_SHOWN]
    lines = [_item_line(item, texts, first=not place) for place, item in enumerate(items)]
    return [*_contact_line(caller.last_contact, texts), *lines]


def _item_line(item: OpenItem, texts: Texts, *, first: bool) -> RichTextBlock:
    """ "Avtale  Nye reoler · Tilbud sendt · 240 000 NOK"."""
    title = TextRun(text=plain(item.title, NAME) or texts.open_item[item.kind])
    if url := safe_url(item.url):
        title.select_action = ActionOpenUrl(title=title.text, url=url)
    facts = [fact for fact in (plain(item.stage, SHORT), plain(item.amount, SHORT)) if fact]
    runs = [run(texts.open_item[item.kind] + GAP, size=FontSize.SMALL, subtle=True), title]
    if facts:
        runs.append(run(join(("", *facts)), size=FontSize.SMALL, subtle=True))
    return line(*runs, spacing=Spacing.SMALL if first else Spacing.NONE)


def _contact_line(contact: LastContact | None, texts: Texts) -> Iterator[RichTextBlock]:
    if contact is None:
        return
    way, person = texts.contact_way.get(contact.way), plain(contact.employee, ROLE)
    said = [texts.card.last_contact.format(date=_date(contact.at)), *filter(None, (way, person))]
    yield quiet(join(said))


def _date(moment: datetime) -> str:
    """A date that the reader's client writes in its own manner, as :func:`bot.cards.elements.clock` does."""
    return f"{{{{DATE({moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ},COMPACT)}}}}"
