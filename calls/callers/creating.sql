-- Records that employees have asked for.

-- name: ask
-- One at a time for a call: while it is being made, another press changes nothing.
INSERT INTO smartcall.creation (tenant_id, call_id, connection_id, draft_sealed, due_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, call_id) DO NOTHING

-- name: take
-- Counts the start by itself, before anything else is done (migrations/versions/0001_functions.sql).
SELECT connection_id, draft_sealed, attempts, starts FROM smartcall.take_creation($1, $2, $3, $4, $5)

-- name: put_off
UPDATE smartcall.creation SET lease = NULL, lease_until = NULL, attempts = attempts + 1, starts = 0, due_at = $3
WHERE call_id = $1 AND lease = $2

-- name: finish
DELETE FROM smartcall.creation WHERE call_id = $1 AND lease = $2 RETURNING true

-- name: keep_lookup
UPDATE smartcall.call SET lookup_sealed = $2 WHERE call_id = $1

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1

-- name: forget_typed
-- It is in the CRM now.
UPDATE smartcall.popup SET person_sealed = NULL, search_sealed = NULL
WHERE call_id = $1 AND (person_sealed IS NOT NULL OR search_sealed IS NOT NULL)
