"""Product and simulators together: the world of ``make demo`` and of the scenario tests. Never part of ``serve``."""
