-- The one lookup of a call.

-- name: take_lookup
-- Ours when nobody has it, when its holder is gone, or when we are the same job taken over.
UPDATE smartcall.call SET lookup_lease = $2, lookup_lease_until = $3
WHERE call_id = $1 AND lookup_state = 'wanted'
    AND (lookup_lease IS NULL OR lookup_lease = $2 OR lookup_lease_until <= $4)
RETURNING toast_at

-- name: keep_lookup
UPDATE smartcall.call SET
    lookup_sealed = $2,
    lookup_state = CASE WHEN $3 THEN 'done' ELSE lookup_state END,
    lookup_lease = CASE WHEN $3 THEN NULL ELSE lookup_lease END,
    lookup_lease_until = CASE WHEN $3 THEN NULL ELSE lookup_lease_until END,
    toast_at = LEAST(toast_at, $4)
WHERE call_id = $1

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1
