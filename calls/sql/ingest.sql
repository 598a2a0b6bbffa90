-- Storing events and what follows from them.

-- name: first_delivery
-- True the first time a delivery id is seen.
INSERT INTO smartcall.delivery (tenant_id, connection_id, delivery_hash, received_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true

-- name: find_call
-- Locks the call, so that its events are folded one after another. Not its key: whoever changes a popup twice in one
-- transaction has its foreign key checked anew, and would wait for us while we wait for the popup.
SELECT call_id FROM smartcall.call WHERE connection_id = $1 AND ref_hash = ANY($2::bytea[]) LIMIT 1 FOR NO KEY UPDATE

-- name: open_call
-- Two nodes may open the same call at once: the second waits for the first and gets its id.
INSERT INTO smartcall.call (tenant_id, call_id, connection_id, ref_hash, started_at, toast_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (tenant_id, connection_id, ref_hash) DO UPDATE SET started_at = smartcall.call.started_at
RETURNING call_id

-- name: lock_call
SELECT stale_at FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: add_event
INSERT INTO smartcall.event (tenant_id, call_id, event_hash, received_at, body_sealed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING true

-- name: read_events
SELECT body_sealed FROM smartcall.event WHERE call_id = $1

-- name: note_state
-- The lookup is wanted once: what the sources have answered stays. toast_at only ever comes nearer.
UPDATE smartcall.call SET
    state = $2,
    ended_at = $3,
    stale_at = $4,
    lookup_state = CASE WHEN lookup_state = 'none' THEN $5 ELSE lookup_state END,
    lookup_lease_until = CASE WHEN lookup_state = 'none' THEN $8 ELSE lookup_lease_until END,
    parent_hash = COALESCE($6, parent_hash),
    toast_at = CASE WHEN lookup_state = 'none' THEN $7 ELSE toast_at END
WHERE call_id = $1

-- name: want_popups
-- Every employee the call has touched: a new popup, or a raised one.
INSERT INTO smartcall.popup (tenant_id, call_id, employee_id, popup_id, due_at)
SELECT $1, $2, employee_id, popup_id, $5 FROM unnest($3::uuid[], $4::uuid[]) AS t (employee_id, popup_id)
ON CONFLICT (tenant_id, call_id, employee_id) DO UPDATE
SET wanted = smartcall.popup.wanted + 1, attempts = 0, due_at = $5

-- name: want_journal
INSERT INTO smartcall.journal (tenant_id, call_id, journal_id, due_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, call_id) DO UPDATE SET wanted = smartcall.journal.wanted + 1, attempts = 0, due_at = $4, parked = NULL
