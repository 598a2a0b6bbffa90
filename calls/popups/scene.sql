-- name: read_call
-- The call with its tenant, its journal, its events and its people (migrations/versions/0001_functions.sql).
SELECT * FROM smartcall.scene($1, $2)

-- name: lock_lookup
SELECT lookup_sealed FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE
