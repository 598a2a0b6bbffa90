"""Whether a call is to be journaled: the tenant's choice, or that of the one employee whose call it was."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from calls.model import Direction, Outcome
from calls.reducer import Call
from calls.store.tenants import Employee, JournalMode, TenantSettings


def journal_mode(settings: TenantSettings, employees: Mapping[UUID, Employee], call: Call) -> JournalMode:
    """Answered and missed calls apart. Whose call it was: who answered, else the only one whose phone rang; when
    several were called in vain, no one of them decides for the others. Of an outgoing call, who made it."""
    if call.direction is Direction.OUTBOUND:
        maker = employees.get(call.caller.employee_id) if call.caller and call.caller.employee_id else None
        chosen_outgoing = maker.preferences.journal_outgoing if maker else None
        return JournalMode(chosen_outgoing or settings.journal_outgoing)
    answered = is_answered(call)
    if call.answered_by is not None:
        decides = call.answered_by.employee_id
    else:
        decides = call.legs[0].employee_id if len(call.legs) == 1 else None
    employee = employees.get(decides) if decides else None
    if employee is not None:
        chosen = employee.preferences.journal_answered if answered else employee.preferences.journal_missed
        if chosen is not None:
            return chosen
    return settings.journal_answered if answered else settings.journal_missed


def is_answered(call: Call) -> bool:
    return call.answered_at is not None or call.outcome is Outcome.COMPLETED
