-- Storing events and what follows from them.

-- name: first_delivery
-- True the first time a delivery id is seen.
INSERT INTO smartcall.delivery (tenant_id, connection_id, delivery_hash, received_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true

-- name: lock_call
SELECT stale_at FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: add_event
-- With its call, opened by the first one; answers all events of the call (0001_functions.sql).
SELECT call, is_new, bodies FROM smartcall.add_event($1, $2, $3::bytea[], $4, $5, $6, $7)

-- name: add_own_event
INSERT INTO smartcall.event (tenant_id, call_id, event_hash, received_at, body_sealed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: read_events
SELECT body_sealed FROM smartcall.event WHERE call_id = $1

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1

-- name: note_call
-- Its state and timers, a popup for every employee it has touched (a new one, where the
-- employee's own choice $12 lets it pop up, else $13; or a raised one), and its journal ($11: a
-- new one's id) once it is over. The lookup is wanted once: what the sources have answered stays. toast_at only ever
-- comes nearer.
WITH noted AS (
    UPDATE smartcall.call SET
        state = $2,
        ended_at = $3,
        stale_at = $4,
        lookup_state = CASE WHEN lookup_state = 'none' THEN $5 ELSE lookup_state END,
        lookup_lease_until = CASE WHEN lookup_state = 'none' THEN $8 ELSE lookup_lease_until END,
        parent_hash = COALESCE($6, parent_hash),
        toast_at = CASE WHEN lookup_state = 'none' THEN $7 ELSE toast_at END
    WHERE call_id = $1 RETURNING tenant_id, call_id
), wanted AS (
    INSERT INTO smartcall.popup (tenant_id, call_id, employee_id, popup_id, due_at)
    SELECT tenant_id, call_id, employee_id, popup_id, $8
    FROM noted, unnest($9::uuid[], $10::uuid[]) AS t (employee_id, popup_id)
    WHERE COALESCE(
        (SELECT (e.preferences->>$12::text)::boolean FROM smartcall.employee e WHERE e.employee_id = t.employee_id), $13::boolean
    ) OR EXISTS (SELECT 1 FROM smartcall.popup p WHERE p.call_id = $1 AND p.employee_id = t.employee_id)
    ON CONFLICT (tenant_id, call_id, employee_id) DO UPDATE
    SET wanted = smartcall.popup.wanted + 1, attempts = 0, due_at = $8
)
INSERT INTO smartcall.journal (tenant_id, call_id, journal_id, due_at)
SELECT tenant_id, call_id, $11::uuid, $8 FROM noted WHERE $11::uuid IS NOT NULL
ON CONFLICT (tenant_id, call_id) DO UPDATE
SET wanted = smartcall.journal.wanted + 1, attempts = 0, due_at = $8, parked = NULL
