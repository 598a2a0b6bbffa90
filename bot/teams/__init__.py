"""Traffic with Microsoft Teams: activities in through botbuilder, cards out through a thin gateway of our own.

The only folder that may import ``botbuilder`` and ``botframework`` (``adapter.py`` and ``dispatch.py`` do). Nothing
here knows SQL: what must be remembered goes through the protocols of ``ports.py``.
"""
