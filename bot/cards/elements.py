"""The few building blocks of our cards, so that every line is either our own words or inert text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from adaptive_cards.card import (
    ActionExecute,
    ActionOpenUrl,
    RichTextBlock,
    TextBlock,
    TextRun,
)
from adaptive_cards.types import ActionStyle, FontSize, FontWeight, Spacing, TextBlockStyle

from bot.cards.untrusted import escape_markdown
from calls.popups.forms import FormKind
from calls.popups.popup import Verb

SEPARATOR = " · "
GAP = "\u2002"  # an en space; ordinary spaces at the edge of a run are dropped


def run(text: str, *, size: FontSize | None = None, bold: bool = False, subtle: bool = False) -> TextRun:
    """A piece of a line that may hold text of others: no markdown, no HTML."""
    return TextRun(text=text, size=size, weight=FontWeight.BOLDER if bold else None, is_subtle=subtle or None)


def line(*runs: TextRun, spacing: Spacing = Spacing.NONE, id: str | None = None) -> RichTextBlock:  # noqa: A002
    """One line of runs; wraps by itself."""
    return RichTextBlock(inlines=list(runs), spacing=spacing, id=id)


def quiet(text: str, *, spacing: Spacing = Spacing.NONE) -> RichTextBlock:
    """A small grey line."""
    return line(run(text, size=FontSize.SMALL, subtle=True), spacing=spacing)


def headline(text: str, size: FontSize = FontSize.EXTRA_LARGE) -> TextBlock:
    """The one thing that must be read, and a heading for screen readers.

    No ``maxLines``: with it the renderer gives up its own line height, and a host's smaller one would cut letters off.
    """
    return TextBlock(
        text=escape_markdown(text),
        size=size,
        weight=FontWeight.BOLDER,
        style=TextBlockStyle.HEADING,
        wrap=True,
    )


def clock(moment: datetime) -> str:
    """A time of day that the reader's client writes in its own time zone and manner.

    Carried out in TextBlocks and text runs by Microsoft's JavaScript and native renderers alike (``text-formatters.ts``
    and ``DateTimePreparser`` in https://github.com/microsoft/AdaptiveCards).
    """
    return f"{{{{TIME({moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ})}}}}"


def join(parts: Sequence[str]) -> str:
    return SEPARATOR.join(parts)


def open_button(title: str, url: str, *, main: bool = True) -> ActionOpenUrl:
    """To a page in the browser; the main button goes straight to the record."""
    return ActionOpenUrl(title=title, url=url, style=ActionStyle.POSITIVE if main else None)


def ask_button(
    title: str, verb: Verb, popup_id: UUID, *, match: str | None = None, tooltip: str | None = None
) -> ActionExecute:
    """A button that asks the bot. The data names the popup and nothing of the call; who asks is in the token."""
    data: dict[str, object] = {"popup_id": str(popup_id)}
    if match is not None:
        data["match"] = match
    return ActionExecute(title=title, verb=verb.value, data=data, tooltip=tooltip)


def form_button(title: str, kind: FormKind, popup_id: UUID, *, tooltip: str | None = None) -> ActionExecute:
    """Opens a form. It asks the bot: a form that the client opened by itself would be closed by our next edit."""
    data: dict[str, object] = {"popup_id": str(popup_id), "form": kind.value}
    return ActionExecute(title=title, verb=Verb.OPEN_FORM.value, data=data, tooltip=tooltip)
