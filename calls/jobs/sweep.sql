-- What has lived long enough.

-- name: purge_calls
-- Events, popups and journals go with their call.
DELETE FROM smartcall.call WHERE started_at < $1

-- name: purge_unseen_calls
-- What nobody was shown and nobody keeps, when it is over: calls between others, of which the operator tells too, and
-- ends of calls that touched none of our lines. One that goes on may still ring at one of ours.
DELETE FROM smartcall.call c WHERE NOT c.kept AND c.started_at < $1 AND c.state IN ('ended', 'stale')
    AND NOT EXISTS (SELECT 1 FROM smartcall.popup p WHERE p.tenant_id = c.tenant_id AND p.call_id = c.call_id)
    AND NOT EXISTS (SELECT 1 FROM smartcall.journal j WHERE j.tenant_id = c.tenant_id AND j.call_id = c.call_id)

-- name: purge_requests
DELETE FROM smartcall.call_request WHERE created_at < $1

-- name: close_forms
-- Forms that nobody has touched for long make room; what was held back for them is shown by the sweep.
UPDATE smartcall.popup SET
    form = 'none', form_until = NULL, person_sealed = NULL, search_sealed = NULL, wanted = wanted + 1, attempts = 0, due_at = $1
WHERE form_until <= $1

-- name: purge_chats
-- Of employees who are about to be deleted.
DELETE FROM smartcall.chat h USING smartcall.employee e
WHERE h.entra_object_id = e.entra_object_id AND NOT e.active
    AND NOT EXISTS (SELECT 1 FROM smartcall.popup p WHERE p.employee_id = e.employee_id)

-- name: purge_employees
-- Not in the company file any more, and nothing on their screen is kept. Lines go with them.
DELETE FROM smartcall.employee e
WHERE NOT e.active AND NOT EXISTS (SELECT 1 FROM smartcall.popup p WHERE p.employee_id = e.employee_id)

-- name: forget_lookups
-- What sources said about a caller, a directory above all, is for the call and a short time after; and for a journal
-- that is still to be written, which would not know where to.
UPDATE smartcall.call c SET lookup_sealed = NULL
WHERE c.lookup_sealed IS NOT NULL AND c.ended_at < $1 AND NOT EXISTS (
    SELECT 1 FROM smartcall.journal j
    WHERE j.call_id = c.call_id AND j.written < j.wanted AND (j.due_at IS NOT NULL OR j.parked IS NOT NULL)
)

-- name: forget_typed
-- Likewise whom an employee was about to create, or found by searching; unless they are at it now.
UPDATE smartcall.popup p SET person_sealed = NULL, search_sealed = NULL FROM smartcall.call c
WHERE c.call_id = p.call_id AND c.ended_at < $1 AND p.form_until IS NULL
    AND (p.person_sealed IS NOT NULL OR p.search_sealed IS NOT NULL)

-- name: purge_deliveries
DELETE FROM smartcall.delivery WHERE received_at < $1

-- name: purge_seen
DELETE FROM smartcall.seen_activity WHERE seen_at < $1

-- name: purge_choices
-- A caller who has not called for so long is met anew.
DELETE FROM smartcall.choice WHERE used_at < $1

-- name: purge_rates
-- A bucket nobody has taken from for so long is full again, and made anew when it is needed.
DELETE FROM smartcall.rate WHERE filled_at < $1

-- name: purge_quotas
DELETE FROM smartcall.quota WHERE day < $1

-- name: purge_streams
-- Of operators that are not in the company file any more.
DELETE FROM smartcall.stream s USING smartcall.connection c WHERE c.connection_id = s.connection_id AND NOT c.enabled
