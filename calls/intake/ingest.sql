-- Storing events and what follows from them (both in migrations/versions/0001_intake.sql).

-- name: approach
SELECT * FROM smartcall.approach($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: settle
SELECT smartcall.settle(
    tenant => $1, connection => $2, call => $3, ref => $4, known => $5,
    hashes => $6, times => $7, sealed => $8, delivery => $9, as_of => $10,
    now_state => $11, ended => $12, silent_at => $13, wish => $14, parent => $15, toast => $16, due => $17,
    employees => $18, people => $19, popups => $20, entry => $21, preference => $22, usually => $23,
    requested => $24, maker => $25, number_choices => $26
)

-- name: lock_call
SELECT stale_at, connection_id FROM smartcall.call WHERE call_id = $1 FOR NO KEY UPDATE

-- name: read_events
SELECT body_sealed FROM smartcall.event WHERE call_id = $1
