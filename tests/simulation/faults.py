"""What goes wrong, when, and how often: everything drawn from one seed and counted by its kind."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Odds:
    """How likely each fault is: per request, ring or statement. All are probabilities."""

    kill: float = 0.0  # a node dies, at each of its awaits
    pause: float = 0.0  # a node stands still for 20 s, at each of its awaits
    restart: float = 0.0  # every connection to the database is cut, at each statement
    cut: float = 0.0  # one connection is cut before a statement
    cut_after: float = 0.0  # one connection is cut after the statement was carried out, before its answer
    ring_lost: float = 0.0
    ring_twice: float = 0.0
    ring_late: float = 0.0
    teams_throttles: float = 0.0
    teams_fails: float = 0.0  # certainly not carried out
    teams_loses_request: float = 0.0  # not carried out, and nobody knows
    teams_loses_answer: float = 0.0  # carried out, and nobody knows
    teams_slow: float = 0.0  # 1 to 6 s
    teams_forgets: float = 0.0  # an employee deletes the card
    teams_moves: float = 0.0  # the chat gets a new id
    source_fails: float = 0.0
    source_slow: float = 0.0  # 0.8 to 7 s
    source_dead: float = 0.0  # never answers
    journal_fails: float = 0.0
    journal_loses_answer: float = 0.0
    journal_slow: float = 0.0
    placer_declines: float = 0.0
    placer_loses_request: float = 0.0
    placer_loses_answer: float = 0.0
    placer_slow: float = 0.0  # 2 to 12 s
    event_twice: float = 0.0
    event_late: float = 0.0
    end_dropped: float = 0.0
    event_dropped: float = 0.0
    stream_cut: float = 0.0  # at each event of an operator that is listened to; nobody gets through for up to 60 s
    stream_silent: float = 0.0  # likewise: the connection stands, and nothing comes through it
    snapshot_torn: float = 0.0  # a call in it cannot be read
    owner_killed: float = 0.0  # whoever listens dies just after an event
    owner_paused: float = 0.0  # or stands still for 20 s
    uninstalls: float = 0.0  # an employee removes the app for a while, per call
    presses: float = 0.0  # an employee presses a button, per shown card


FAIR = Odds()
ROUGH = Odds(
    kill=1 / 6000,
    pause=1 / 12000,
    restart=1 / 40000,
    cut=1 / 8000,
    cut_after=1 / 8000,
    ring_lost=0.02,
    ring_twice=0.05,
    ring_late=0.05,
    teams_throttles=0.03,
    teams_fails=0.03,
    teams_loses_request=0.02,
    teams_loses_answer=0.02,
    teams_slow=0.03,
    teams_forgets=0.01,
    teams_moves=0.003,
    source_fails=0.05,
    source_slow=0.08,
    source_dead=0.03,
    journal_fails=0.08,
    journal_loses_answer=0.05,
    journal_slow=0.05,
    placer_declines=0.1,
    placer_loses_request=0.05,
    placer_loses_answer=0.1,
    placer_slow=0.1,
    event_twice=0.1,
    event_late=0.1,
    end_dropped=0.05,
    event_dropped=0.03,
    stream_cut=0.04,
    stream_silent=0.01,
    snapshot_torn=0.2,
    owner_killed=0.02,
    owner_paused=0.03,
    uninstalls=0.02,
    presses=0.3,
)


class Faults:
    """Draws faults until :meth:`calm`, and counts them."""

    def __init__(self, seed: str, odds: Odds) -> None:
        self.chance = random.Random(f"{seed} faults")
        self.odds = odds
        self.counts: Counter[str] = Counter()

    def happens(self, kind: str) -> bool:
        odds: float = getattr(self.odds, kind)
        if not odds or self.chance.random() >= odds:
            return False
        self.counts[kind] += 1
        return True

    def calm(self) -> None:
        """From here on everything works."""
        self.odds = replace(self.odds, **{field.name: 0.0 for field in fields(self.odds)})
