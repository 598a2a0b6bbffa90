"""The queue and what keeps it honest: the bell, the sweep over the rows, and a second try of what was parked."""
