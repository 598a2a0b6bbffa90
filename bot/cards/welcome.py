"""The card that greets an employee when the app is installed: what will come, and whether a line is connected."""

from __future__ import annotations

from collections.abc import Sequence

from adaptive_cards.card import AdaptiveCard, Container
from adaptive_cards.types import ContainerStyle, FontSize, Spacing

from bot.cards.elements import GAP, headline, line, run
from bot.cards.finish import RenderedCard, finish
from bot.texts import Texts, join_names
from calls.numbers import Number, format_number


def welcome_card(texts: Texts, *, lines: Sequence[Number] = ()) -> RenderedCard:
    """``lines`` are the employee's own; without one the card says whom to ask, because nothing will ring."""
    welcome = texts.welcome
    numbers = [format_number(number) for number in lines]
    said = welcome.line if len(numbers) == 1 else welcome.lines
    state = said.format(numbers=join_names(numbers, texts)) if numbers else welcome.no_line
    style = ContainerStyle.EMPHASIS if numbers else ContainerStyle.WARNING
    icon = "☎\ufe0e" if numbers else "!"
    builder = (
        AdaptiveCard.new()
        .add_item(headline(welcome.title, FontSize.LARGE))
        .add_item(line(run(welcome.intro), spacing=Spacing.SMALL))
        .add_item(line(run(welcome.follow), spacing=Spacing.SMALL))
        .add_item(Container(style=style, spacing=Spacing.MEDIUM, items=[line(run(icon + GAP), run(state))]))
    )
    spoken = f"{welcome.title}. {welcome.intro} {welcome.follow} {state}."
    return finish(builder, language=texts.language, speak=spoken.replace("..", "."), summary=welcome.summary)
