-- The journal of a call.

-- name: take_journal
-- Counts the start by itself, before anything else is done (migrations/versions/0001_functions.sql).
SELECT journal_id, wanted, attempts, starts, looking, scene, sources FROM smartcall.take_journal($1, $2, $3, $4, $5)

-- name: park_worn_out
-- Nobody came back from it; the count stays until it is replayed.
UPDATE smartcall.journal SET lease = NULL, lease_until = NULL, due_at = NULL, parked = $3
WHERE journal_id = $1 AND lease = $2

-- name: came_back
UPDATE smartcall.journal SET starts = 0 WHERE call_id = $1 AND lease = $2

-- name: wait_for_lookup
UPDATE smartcall.journal SET lease = NULL, lease_until = NULL, starts = 0, due_at = $3
WHERE journal_id = $1 AND lease = $2

-- name: rest
-- There is nothing to write as things are. The row stays with its key, for when there is: a late event, a lookup asked
-- for again. Whatever was wanted meanwhile is looked at at once.
UPDATE smartcall.journal SET
    lease = NULL, lease_until = NULL, attempts = 0, starts = 0,
    due_at = CASE WHEN wanted > $3 THEN $4::timestamptz END,
    connection_id = CASE WHEN written > 0 THEN connection_id END
WHERE journal_id = $1 AND lease = $2

-- name: note_written
SELECT smartcall.note_written($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: put_off
UPDATE smartcall.journal SET
    lease = NULL, lease_until = NULL, attempts = $6, starts = 0, due_at = $3, parked = $4,
    connection_id = COALESCE($5, connection_id)
WHERE journal_id = $1 AND lease = $2

-- name: lock_call
-- Before its journal and its popups are changed: an event locks in this order, and in any other we could wait for each
-- other.
SELECT 1 FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1
