-- The one lookup of a call.

-- name: drop_lookup
UPDATE smartcall.call SET lookup_state = 'none', lookup_lease = NULL, lookup_lease_until = NULL, lookup_starts = 0
WHERE call_id = $1

-- name: keep_lookup
-- Only by the run that asked last, also when it has something to add after it was done; nothing comes back to any other.
-- So the lease keeps its name when the lookup is done: a run that stood still meanwhile would bring back its own silence.
UPDATE smartcall.call SET
    lookup_sealed = $2,
    lookup_state = CASE WHEN $3 THEN 'done' ELSE lookup_state END,
    lookup_lease_until = CASE WHEN $3 THEN NULL ELSE lookup_lease_until END,
    lookup_starts = CASE WHEN $3 THEN 0 ELSE lookup_starts END,
    toast_at = LEAST(toast_at, $4)
WHERE call_id = $1 AND lookup_lease = $5 RETURNING true

-- name: came_back
UPDATE smartcall.call SET lookup_starts = 0 WHERE call_id = $1

-- name: park_lookup
-- Nobody came back from it; the count stays until it is replayed. The cards say that the sources were silent.
UPDATE smartcall.call SET
    lookup_sealed = $2, lookup_state = 'done', lookup_lease_until = NULL, lookup_parked = $4, toast_at = LEAST(toast_at, $3)
WHERE call_id = $1 AND lookup_lease = $5 RETURNING true

-- name: want_journal
-- A call that is over is journaled when its lookup is done: at once, and also when it was asked for again later and a
-- CRM knows the caller now. What is written already stays as it is.
INSERT INTO smartcall.journal AS j (tenant_id, call_id, journal_id, due_at)
SELECT tenant_id, call_id, $2, $3 FROM smartcall.call WHERE call_id = $1 AND state = 'ended'
ON CONFLICT (tenant_id, call_id) DO UPDATE SET due_at = $3
WHERE j.written < j.wanted AND j.attempts = 0 AND j.parked IS NULL AND j.lease IS NULL

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1
