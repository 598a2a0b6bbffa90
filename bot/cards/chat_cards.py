"""The cards that answer what an employee writes: recent calls, a call to make, their own settings."""

from __future__ import annotations

from collections.abc import Sequence

from adaptive_cards.card import (
    ActionExecute,
    ActionSet,
    AdaptiveCard,
    Column,
    ColumnSet,
    Container,
    InputChoice,
    InputChoiceSet,
    InputToggle,
)
from adaptive_cards.types import FontSize, Spacing, VerticalAlignment

from bot.cards.elements import GAP, clock, headline, join, line, open_button, quiet, run
from bot.cards.finish import RenderedCard, finish
from bot.cards.links import safe_url
from bot.cards.look import LOOKS
from bot.cards.summary import state_line
from bot.cards.untrusted import SHORT, plain
from bot.cards.who import identify
from bot.texts import Texts, languages, load_texts
from calls.numbers import Number, format_number
from calls.popups.popup import Popup, Verb
from calls.store.tenants import JournalMode, Preferences, TenantSettings


def recent_card(popups: Sequence[Popup], texts: Texts) -> RenderedCard:
    builder = AdaptiveCard.new().add_item(headline(texts.chat.recent, FontSize.LARGE))
    for popup in popups:
        builder.add_item(_call(popup, texts))
    return finish(builder, language=texts.language, speak=f"{texts.chat.recent}.", summary=texts.chat.recent)


def call_card(number: Number, url: str, texts: Texts) -> RenderedCard:
    shown = format_number(number)
    builder = AdaptiveCard.new().add_item(headline(shown, FontSize.LARGE))
    builder.add_actions([open_button(texts.chat.call_in_teams, url)])
    return finish(builder, language=texts.language, speak=f"{shown}.", summary=shown)


def preferences_card(
    settings: TenantSettings, chosen: Preferences, texts: Texts, *, saved: bool = False
) -> RenderedCard:
    chat = texts.chat
    internal = settings.popup_internal if chosen.popup_internal is None else chosen.popup_internal
    names = [InputChoice(title=chat.as_company, value="company")]
    names += [InputChoice(title=load_texts(each).chat.language_name, value=each) for each in languages()]
    save = ActionExecute(title=texts.button.save, verb=Verb.SAVE_PREFERENCES.value, data={})
    builder = AdaptiveCard.new().add_item(headline(chat.settings, FontSize.LARGE))
    for item in (
        quiet(chat.show_cards),
        _toggle("popup_direct", chat.direct, chosen.popup_direct is not False),
        _toggle("popup_queue", chat.queue, chosen.popup_queue is not False),
        _toggle("popup_internal", chat.internal, internal),
        _mode("journal_answered", chat.journal_answered, chosen.journal_answered, texts),
        _mode("journal_missed", chat.journal_missed, chosen.journal_missed, texts),
        InputChoiceSet(
            id="language", label=chat.language, style="compact", choices=names, value=chosen.language or "company"
        ),
    ):
        builder.add_item(item)
    if saved:
        builder.add_item(line(run(f"✓{GAP}{chat.saved}", bold=True), spacing=Spacing.MEDIUM))
    builder.add_actions([save])
    spoken = chat.saved if saved else chat.settings
    return finish(builder, language=texts.language, speak=f"{spoken}.", summary=chat.settings)


def _call(popup: Popup, texts: Texts) -> Container:
    who, look = identify(popup, texts), LOOKS[popup.state]
    facts = [state_line(popup, texts)]
    if queue := plain(popup.queue, SHORT):
        facts.append(texts.card.queue.format(queue=queue))
    if who.number:
        facts.append(who.number)
    day = f"{{{{DATE({popup.started_at:%Y-%m-%dT%H:%M:%SZ}, SHORT)}}}}"
    columns = [
        Column(
            width="stretch",
            items=[
                line(run(look.icon + GAP), run(who.name, bold=True)),
                quiet(join(facts)),
                quiet(join((day, clock(popup.started_at)))),
            ],
            vertical_content_alignment=VerticalAlignment.CENTER,
        )
    ]
    if popup.matches and (url := safe_url(popup.matches[0].url)):
        title = texts.button.open.format(source=plain(popup.matches[0].source, SHORT))
        opens = ActionSet(actions=[open_button(title, url, main=False)])
        columns.append(Column(width="auto", items=[opens], vertical_content_alignment=VerticalAlignment.CENTER))
    return Container(separator=True, spacing=Spacing.SMALL, items=[ColumnSet(columns=columns)])


def _toggle(name: str, title: str, on: bool) -> InputToggle:
    return InputToggle(id=name, title=title, value="true" if on else "false", spacing=Spacing.SMALL)


def _mode(name: str, label: str, chosen: JournalMode | None, texts: Texts) -> InputChoiceSet:
    words = {
        "company": texts.chat.as_company,
        JournalMode.ALWAYS.value: texts.chat.always,
        JournalMode.ON_REQUEST.value: texts.chat.on_request,
        JournalMode.NEVER.value: texts.chat.never,
    }
    return InputChoiceSet(
        id=name,
        label=label,
        style="compact",
        choices=[InputChoice(title=title, value=value) for value, title in words.items()],
        value=chosen.value if chosen else "company",
    )
