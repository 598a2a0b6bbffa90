-- The token of a connection, and the lease of whoever renews it.

-- name: lock_token
SELECT token_sealed FROM smartcall.connection WHERE connection_id = $1 FOR UPDATE

-- name: lease_token
UPDATE smartcall.connection SET token_lease = $2, token_lease_until = $3
WHERE connection_id = $1 AND (token_lease IS NULL OR token_lease_until <= $4) RETURNING true

-- name: keep_token
UPDATE smartcall.connection SET token_sealed = $2 WHERE connection_id = $1

-- name: free_token
UPDATE smartcall.connection SET token_lease = NULL, token_lease_until = NULL WHERE connection_id = $1 AND token_lease = $2
