"""The cards that answer what an employee writes: recent calls, a call to make, their own settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from adaptive_cards.card import (
    ActionExecute,
    ActionOpenUrl,
    ActionSet,
    AdaptiveCard,
    Column,
    ColumnSet,
    Container,
    InputChoice,
    InputChoiceSet,
    InputToggle,
    RichTextBlock,
)
from adaptive_cards.types import FontSize, Spacing, VerticalAlignment

from bot.cards.call_back import call_buttons, teams_call
from bot.cards.elements import GAP, clock, headline, join, line, open_button, quiet, run
from bot.cards.finish import RenderedCard, finish
from bot.cards.links import safe_url
from bot.cards.look import look_of
from bot.cards.summary import state_line
from bot.cards.untrusted import SHORT, plain
from bot.cards.who import identify
from bot.texts import Texts, languages, load_texts
from calls.calling.call_requests import CallRoute
from calls.numbers import Number, format_number
from calls.popups.popup import Popup, PopupState, Verb
from calls.store.tenants import JournalMode, Preferences, TenantSettings


def recent_card(popups: Sequence[Popup], texts: Texts, *, drawing: UUID) -> RenderedCard:
    """``drawing`` tells this list from the next one: what is asked for on it once is one call."""
    builder = AdaptiveCard.new().add_item(headline(texts.chat.recent, FontSize.LARGE))
    for popup in popups:
        builder.add_item(_call(popup, texts, drawing))
    return finish(builder, language=texts.language, speak=f"{texts.chat.recent}.", summary=texts.chat.recent)


def call_card(number: Number, texts: Texts) -> RenderedCard:
    shown = format_number(number)
    builder = AdaptiveCard.new().add_item(headline(shown, FontSize.LARGE))
    builder.add_actions([open_button(texts.chat.call_in_teams, teams_call(number))])
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
    items: list[RichTextBlock | InputToggle | InputChoiceSet] = [
        quiet(chat.show_cards),
        _toggle("popup_direct", chat.direct, chosen.popup_direct is not False),
        _toggle("popup_queue", chat.queue, chosen.popup_queue is not False),
        _toggle("popup_internal", chat.internal, internal),
        _mode("journal_answered", chat.journal_answered, chosen.journal_answered, texts),
        _mode("journal_missed", chat.journal_missed, chosen.journal_missed, texts),
        _choice(
            "journal_outgoing",
            chat.journal_outgoing,
            {JournalMode.ALWAYS.value: chat.always, JournalMode.NEVER.value: chat.never},
            chosen.journal_outgoing,
            texts,
        ),
        *_ways_to_call(settings, chosen, texts),
        InputChoiceSet(
            id="language", label=chat.language, style="compact", choices=names, value=chosen.language or "company"
        ),
    ]
    for item in items:
        builder.add_item(item)
    if saved:
        builder.add_item(line(run(f"✓{GAP}{chat.saved}", bold=True), spacing=Spacing.MEDIUM))
    builder.add_actions([save])
    spoken = chat.saved if saved else chat.settings
    return finish(builder, language=texts.language, speak=f"{spoken}.", summary=chat.settings)


def _call(popup: Popup, texts: Texts, drawing: UUID) -> Container:
    """One call in three short lines and at most one button, which fits a phone: the name is the link to the record."""
    who, look = identify(popup, texts), look_of(popup)
    name = run(who.name, bold=True)
    if popup.matches and (url := safe_url(popup.matches[0].url)):
        title = texts.button.open.format(source=plain(popup.matches[0].source, SHORT))
        name.select_action = ActionOpenUrl(title=title, url=url)
    facts = [state_line(popup, texts)]
    if queue := plain(popup.queue, SHORT):
        facts.append(texts.card.queue.format(queue=queue))
    if who.number and who.number not in facts[0]:
        facts.append(who.number)
    day = f"{{{{DATE({popup.started_at:%Y-%m-%dT%H:%M:%SZ},COMPACT)}}}}"
    by = (texts.chat.you_called,) if popup.state is PopupState.PLACED else ()
    columns = [
        Column(
            width="stretch",
            items=[
                line(run(look.icon + GAP), name),
                quiet(join(facts)),
                quiet(join((day, clock(popup.started_at), *by))),
            ],
            vertical_content_alignment=VerticalAlignment.CENTER,
        )
    ]
    if asks := call_buttons(popup, texts, drawing=drawing):
        buttons = ActionSet(actions=list(asks))
        columns.append(Column(width="auto", items=[buttons], vertical_content_alignment=VerticalAlignment.CENTER))
    return Container(separator=True, spacing=Spacing.SMALL, items=[ColumnSet(columns=columns)])


def _toggle(name: str, title: str, on: bool) -> InputToggle:
    return InputToggle(id=name, title=title, value="true" if on else "false", spacing=Spacing.SMALL)


def _ways_to_call(settings: TenantSettings, chosen: Preferences, texts: Texts) -> list[InputChoiceSet]:
    """Where the company lets its people choose."""
    if not settings.employees_choose_calling:
        return []
    ways = {CallRoute.OPERATOR.value: texts.chat.own_phone, CallRoute.TEAMS.value: texts.chat.in_teams}
    return [_choice("call_through", texts.chat.call_through, ways, chosen.call_through, texts)]


def _mode(name: str, label: str, chosen: JournalMode | None, texts: Texts) -> InputChoiceSet:
    words = {
        JournalMode.ALWAYS.value: texts.chat.always,
        JournalMode.ON_REQUEST.value: texts.chat.on_request,
        JournalMode.NEVER.value: texts.chat.never,
    }
    return _choice(name, label, words, chosen, texts)


def _choice(name: str, label: str, words: Mapping[str, str], chosen: str | None, texts: Texts) -> InputChoiceSet:
    """One of some, or as the company has it."""
    return InputChoiceSet(
        id=name,
        label=label,
        style="compact",
        choices=[
            InputChoice(title=title, value=value)
            for value, title in {"company": texts.chat.as_company, **words}.items()
        ],
        value=chosen or "company",
    )
