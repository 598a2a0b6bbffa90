-- Who listens to an operator, and what a snapshot says about the calls we know.

-- name: free_streams
-- Enabled connections of these types that no living node listens to, of every tenant (0001_roles.sql).
SELECT tenant_id, connection_id FROM smartcall.free_streams($1, $2)

-- name: take_lease
INSERT INTO smartcall.stream AS s (tenant_id, connection_id, owner, lease_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (connection_id) DO UPDATE SET owner = $3, lease_until = $4, connected_at = NULL
WHERE s.lease_until IS NULL OR s.lease_until <= $5
RETURNING true

-- name: renew_lease
-- Not when another node has taken it meanwhile.
UPDATE smartcall.stream SET lease_until = $3, connected_at = $4, last_heard_at = COALESCE($5, last_heard_at), trouble = $6
WHERE connection_id = $1 AND owner = $2 RETURNING true

-- name: free_lease
UPDATE smartcall.stream SET owner = NULL, lease_until = NULL, connected_at = NULL, last_heard_at = COALESCE($3, last_heard_at)
WHERE connection_id = $1 AND owner = $2

-- name: holds_lease
SELECT EXISTS (SELECT FROM smartcall.stream WHERE connection_id = $1 AND owner = $2 AND lease_until > $3)

-- name: vanished_calls
-- Open as far as we know, and not in the snapshot ($2: the hashes of those that are), which we heard at $3. What has begun
-- since cannot be in it: another node may have stored it while we stood still.
SELECT call_id FROM smartcall.call
WHERE connection_id = $1 AND state IN ('ringing', 'answered') AND ref_hash <> ALL($2::bytea[]) AND started_at <= $3
ORDER BY started_at

-- name: lock_open_call
SELECT true FROM smartcall.call WHERE call_id = $1 AND state IN ('ringing', 'answered') FOR NO KEY UPDATE
