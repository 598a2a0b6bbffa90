-- Limits shared by all nodes.

-- name: take_tokens
SELECT short, seconds FROM smartcall.take_tokens($1, $2, $3, $4, $5)

-- name: use_quota
INSERT INTO smartcall.quota AS q (tenant_id, connection_id, day, used) SELECT $1, $2, $3, 1 WHERE $4 > 0
ON CONFLICT (tenant_id, connection_id, day) DO UPDATE SET used = q.used + 1 WHERE q.used < $4
RETURNING used
