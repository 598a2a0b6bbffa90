-- name: read_call
-- The call with its tenant, its journal and its events (this and the next: migrations/versions/0001_functions.sql).
SELECT * FROM smartcall.scene($1, $2)

-- name: read_people
SELECT * FROM smartcall.people($1, $2, $3::uuid[])

-- name: lock_lookup
SELECT lookup_sealed FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE
