"""Cards: pure functions from neutral values and texts to Adaptive Cards 1.5 for Teams (README.md has the rules)."""

from __future__ import annotations

from bot.cards.finish import RenderedCard
from bot.cards.popup_card import render_popup
from bot.cards.summary import summarize
from bot.cards.welcome import welcome_card

__all__ = ["RenderedCard", "render_popup", "summarize", "welcome_card"]
