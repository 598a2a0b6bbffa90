-- The one lookup of a call.

-- name: drop_lookup
UPDATE smartcall.call SET lookup_state = 'none', lookup_lease = NULL, lookup_lease_until = NULL, lookup_starts = 0
WHERE call_id = $1

-- name: take_cards
-- Leases what is open, the lookup too (this, keep_lookup and want_journal: migrations/versions/0001_functions.sql).
SELECT popups, scene, toast_at, lookup_sealed, bodies, starts, sources, choices
FROM smartcall.take_cards($1, $2, $3, $4, $5, $6, $7)

-- name: keep_lookup
SELECT kept, present, popups, scene FROM smartcall.keep_lookup($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: came_back
UPDATE smartcall.call SET lookup_starts = 0 WHERE call_id = $1

-- name: park_lookup
-- Nobody came back from it; the count stays until it is replayed. The cards say that the sources were silent.
UPDATE smartcall.call SET
    lookup_sealed = $2, lookup_state = 'done', lookup_lease_until = NULL, lookup_parked = $4, toast_at = LEAST(toast_at, $3)
WHERE call_id = $1 AND lookup_lease = $5 RETURNING true

-- name: want_journal
SELECT smartcall.want_journal($1, $2, $3)

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1
