-- Limits shared by all nodes.

-- name: take_token
-- Fills the bucket for the time gone by, and takes one token when there is one. A negative answer is what is missing,
-- in tokens; then nothing was taken. A clock that runs behind never takes tokens away.
WITH filled AS (
    SELECT LEAST($4, r.tokens + GREATEST(0, EXTRACT(EPOCH FROM $5::timestamptz - r.filled_at)) * $3) AS tokens
    FROM smartcall.rate r WHERE r.tenant_id = $1 AND r.scope = $2 FOR UPDATE
), put AS (
    INSERT INTO smartcall.rate AS r (tenant_id, scope, tokens, filled_at)
    VALUES ($1, $2, $4 - 1, $5)
    ON CONFLICT (tenant_id, scope) DO UPDATE SET
        tokens = LEAST($4, r.tokens + GREATEST(0, EXTRACT(EPOCH FROM $5::timestamptz - r.filled_at)) * $3)
            - CASE WHEN LEAST($4, r.tokens + GREATEST(0, EXTRACT(EPOCH FROM $5::timestamptz - r.filled_at)) * $3) >= 1
              THEN 1 ELSE 0 END,
        filled_at = GREATEST(r.filled_at, $5)
    RETURNING 1
)
SELECT CASE WHEN (SELECT tokens FROM filled) IS NULL OR (SELECT tokens FROM filled) >= 1 THEN 0
    ELSE (SELECT tokens FROM filled) - 1 END::double precision
FROM put

-- name: use_quota
INSERT INTO smartcall.quota AS q (tenant_id, connection_id, day, used) SELECT $1, $2, $3, 1 WHERE $4 > 0
ON CONFLICT (tenant_id, connection_id, day) DO UPDATE SET used = q.used + 1 WHERE q.used < $4
RETURNING used
