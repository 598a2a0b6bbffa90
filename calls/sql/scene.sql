-- name: read_call
-- The call with the state of its journal; journal_in is set once it is known where the call is journaled.
SELECT c.lookup_state, c.lookup_sealed, k.name AS journal_in, j.parked AS journal_parked, j.written > 0 AS journal_written
FROM smartcall.call c
LEFT JOIN smartcall.journal j ON j.call_id = c.call_id
LEFT JOIN smartcall.connection k ON k.connection_id = j.connection_id
WHERE c.call_id = $1

-- name: lock_lookup
SELECT lookup_sealed FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE
