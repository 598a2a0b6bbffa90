"""Work that nobody comes back from: a job that ends its process each time would end one node after another.

Such a job can count nothing when it is over, so it is counted when it begins, in its own row and in the statement that
takes the lease; whoever comes back sets the count to nothing again. PGQueuer's own count is none: a job that is taken
over is the same job, with the same number of attempts.
"""

from __future__ import annotations

MOST_STARTS = 3  # in a row; whoever takes the work once more parks it unseen
NEVER_CAME_BACK = "never_came_back"  # the code it is parked with


def is_worn_out(starts: int) -> bool:
    """``starts`` counts the present one."""
    return starts > MOST_STARTS
