-- What was given up, to be tried again.

-- name: parked_calls
-- Cards of long ago are history; a journal entry is not, as long as its call is kept.
SELECT call_id FROM smartcall.popup JOIN smartcall.call USING (call_id) WHERE parked IS NOT NULL AND started_at >= $1
UNION
SELECT call_id FROM smartcall.journal WHERE parked IS NOT NULL AND written < wanted
UNION
SELECT call_id FROM smartcall.call WHERE lookup_parked IS NOT NULL AND started_at >= $1

-- name: lock_call
SELECT started_at FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: replay_popups
-- A refused card counts as shown; it is wanted anew.
WITH again AS (
    UPDATE smartcall.popup SET wanted = wanted + 1, parked = NULL, attempts = 0, starts = 0, due_at = $2
    WHERE call_id = $1 AND parked IS NOT NULL RETURNING 1
) SELECT count(*) FROM again

-- name: replay_journal
WITH again AS (
    UPDATE smartcall.journal SET parked = NULL, attempts = 0, starts = 0, due_at = $2
    WHERE call_id = $1 AND parked IS NOT NULL AND written < wanted RETURNING 1
) SELECT count(*) FROM again

-- name: replay_lookup
WITH again AS (
    UPDATE smartcall.call SET
        lookup_state = 'wanted', lookup_parked = NULL, lookup_starts = 0, lookup_lease = NULL, lookup_lease_until = $2
    WHERE call_id = $1 AND lookup_parked IS NOT NULL RETURNING 1
) SELECT count(*) FROM again
