"""The call card: from a popup to what the employee sees. Pure; equal popups give equal cards.

Top to bottom, by what a glance of two seconds needs: the state in a coloured strip, the name large, where they belong,
the number and why we think so; then, small, what is good to know; last the buttons (README.md has the rules).
"""

from __future__ import annotations

from adaptive_cards.card import (
    ActionSet,
    AdaptiveCard,
    Column,
    ColumnSet,
    Container,
    RichTextBlock,
    TextBlock,
    TextRun,
)
from adaptive_cards.types import FontSize, HorizontalAlignment, Spacing, VerticalAlignment

from bot.cards.after_call import after_call
from bot.cards.buttons import ACTIONS, about_call, about_caller, about_pages, about_stranger, count_actions
from bot.cards.call_back import call_lines
from bot.cards.customer import about_customer
from bot.cards.elements import GAP, SEPARATOR, ask_button, clock, headline, join, line, quiet, run
from bot.cards.finish import RenderedCard, finish
from bot.cards.known_person import known_person
from bot.cards.look import look_of
from bot.cards.memory import about_memory
from bot.cards.new_record import about_making, new_record
from bot.cards.notes import notes
from bot.cards.summary import speak, state_line, summarize, talk_time
from bot.cards.untrusted import SHORT, plain
from bot.cards.who import Who, describe_match, explain_match, identify, name_of
from bot.texts import Texts
from calls.model import Match
from calls.popups.forms import FormKind
from calls.popups.popup import Popup, PopupState, Verb

OTHERS_SHOWN = 4  # matches to choose from beside the large one, as far as there is room


def render_popup(popup: Popup, texts: Texts) -> RenderedCard:
    """The card and its toast for one employee's view of a call."""
    who = identify(popup, texts)
    caller, call = about_caller(popup, texts), about_call(popup, texts)
    stranger = about_stranger(popup, texts)
    forms = [*after_call(popup, texts), *new_record(popup, texts), *known_person(popup, texts)]
    memory = about_memory(popup, texts)
    room = ACTIONS - len(caller) - len(call) - count_actions([*forms, *memory, *stranger])
    others = _other_matches(popup, texts, room)
    pages = about_pages(popup, texts, room - count_actions(others), first=not caller)
    builder = AdaptiveCard.new().add_item(_strip(popup, texts)).add_item(_caller(who))
    if customer := about_customer(popup, texts):
        builder.add_item(Container(items=list(customer), spacing=Spacing.NONE))
    for item in (*memory, *others):
        builder.add_item(item)
    for said in call_lines(popup, texts):
        builder.add_item(said)
    if small := [*about_making(popup, texts), *notes(popup, texts)]:
        builder.add_item(Container(items=list(small), spacing=Spacing.MEDIUM))
    for row in stranger:
        builder.add_item(row)
    for item in forms:
        builder.add_item(item)
    if buttons := [*caller, *pages, *call]:
        builder.add_actions(buttons)
    return finish(builder, language=texts.language, speak=speak(popup, who, texts), summary=summarize(popup, texts))


def _strip(popup: Popup, texts: Texts) -> Container:
    """State and queue left, when it began right."""
    look = look_of(popup)
    runs = [run(look.icon + GAP, bold=True), run(state_line(popup, texts), bold=True)]
    if talked := talk_time(popup, texts):
        runs.append(run(join(("", talked))))
    if queue := plain(popup.queue, SHORT):
        runs.append(run(join(("", texts.card.queue.format(queue=queue)))))
    began = TextBlock(text=clock(popup.started_at), horizontal_alignment=HorizontalAlignment.RIGHT)
    columns = [
        Column(width="stretch", items=[line(*runs)], vertical_content_alignment=VerticalAlignment.CENTER),
        Column(width="auto", items=[began], vertical_content_alignment=VerticalAlignment.CENTER),
    ]
    return Container(style=look.style, bleed=True, items=[ColumnSet(columns=columns)])


def _caller(who: Who) -> Container:
    """The name large, then title and company, then the number with the evidence, then whose customer it is."""
    items: list[TextBlock | RichTextBlock] = [headline(who.name)]
    if who.details:
        items.append(line(*_details(who)))
    if who.number:
        runs = [run(who.number, size=FontSize.LARGE)]
        if who.evidence:
            runs.append(run(GAP + who.evidence, size=FontSize.SMALL, subtle=True))
        items.append(line(*runs, spacing=Spacing.SMALL))
    if who.owner:
        items.append(quiet(who.owner))
    return Container(items=list(items), spacing=Spacing.MEDIUM)


def _details(who: Who) -> list[TextRun]:
    """Title and company, the company a little stronger: it is what a colleague would call out."""
    runs: list[TextRun] = []
    for detail in who.details:
        runs += [run(SEPARATOR)] * bool(runs) + [run(detail, bold=detail == who.company)]
    return runs


def _other_matches(popup: Popup, texts: Texts, room: int) -> list[Container]:
    """The rest of those who may be calling, each with its own evidence and a button; not once somebody else took it,
    nor while it is being said in a form who it is."""
    busy = popup.form in (FormKind.PERSON, FormKind.NUMBER)
    if len(popup.matches) < 2 or popup.state is PopupState.ANSWERED_ELSEWHERE or busy:
        return []
    heading = texts.card.others_chosen if popup.chosen else texts.card.others
    items: list[RichTextBlock | ColumnSet] = [
        line(run(heading, size=FontSize.SMALL, subtle=True), spacing=Spacing.NONE)
    ]
    shown = 1 + max(1, min(OTHERS_SHOWN, room))
    items += [_match_row(popup, match, texts) for match in popup.matches[1:shown]]
    if (hidden := len(popup.matches) - shown) > 0:
        items.append(
            line(
                run(texts.card.others_more.format(count=hidden), size=FontSize.SMALL, subtle=True),
                spacing=Spacing.SMALL,
            )
        )
    return [Container(items=list(items), separator=True, spacing=Spacing.MEDIUM)]


def _match_row(popup: Popup, match: Match, texts: Texts) -> ColumnSet:
    name = name_of(match, texts)
    runs = [run(name, bold=True)]
    if details := describe_match(match):
        runs.append(run(join(("", *details))))
    choose = ask_button(
        texts.button.choose,
        Verb.CHOOSE_MATCH,
        popup.popup_id,
        match=match.key,
        tooltip=texts.button.choose_name.format(name=name),
    )
    why = run(explain_match(match, texts), size=FontSize.SMALL, subtle=True)
    return ColumnSet(
        spacing=Spacing.SMALL,
        columns=[
            Column(
                width="stretch", items=[line(*runs), line(why)], vertical_content_alignment=VerticalAlignment.CENTER
            ),
            Column(
                width="auto", items=[ActionSet(actions=[choose])], vertical_content_alignment=VerticalAlignment.CENTER
            ),
        ],
    )
