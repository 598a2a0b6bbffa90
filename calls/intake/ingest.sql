-- Storing events and what follows from them (both in migrations/versions/0001_intake.sql).

-- name: approach
SELECT * FROM smartcall.approach($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: settle
SELECT smartcall.settle(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25
)

-- name: lock_call
SELECT stale_at, connection_id FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: read_events
SELECT body_sealed FROM smartcall.event WHERE call_id = $1
