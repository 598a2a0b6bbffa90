-- What the Teams face reads and keeps.

-- name: bot_ids
SELECT bot_ids AS app_id FROM smartcall.bot_ids()

-- name: read_bot
SELECT app_id, kind, home_tenant, secret_sealed, certificate_sealed, managed_identity FROM smartcall.bot_identity
WHERE app_id = $1

-- name: claim_activity
-- True the first time, and always for a tenant we do not serve: nothing of it is kept.
WITH served AS (SELECT tenant_id FROM smartcall.tenant WHERE tenant_id = $1),
claimed AS (
    INSERT INTO smartcall.seen_activity (tenant_id, activity_hash, seen_at) SELECT tenant_id, $2, $3 FROM served
    ON CONFLICT DO NOTHING RETURNING true
)
SELECT EXISTS (SELECT FROM claimed) OR NOT EXISTS (SELECT FROM served)

-- name: read_reply
SELECT reply_sealed FROM smartcall.seen_activity WHERE activity_hash = ANY($1::bytea[])

-- name: keep_reply
UPDATE smartcall.seen_activity SET reply_sealed = $2 WHERE activity_hash = $1

-- name: forget_activity
DELETE FROM smartcall.seen_activity WHERE activity_hash = $1

-- name: lines_of_employee
SELECT number_sealed FROM smartcall.line WHERE employee_id = $1 ORDER BY rank

-- name: operators_heard
-- The operators with the time of the newest call each has told of, and who listens to those that are listened to.
SELECT k.connection_id, k.type, k.name, (SELECT max(c.started_at) FROM smartcall.call c WHERE c.connection_id = k.connection_id) AS heard_at,
    s.owner, s.lease_until, s.connected_at, s.last_heard_at, s.trouble
FROM smartcall.connection k LEFT JOIN smartcall.stream s USING (connection_id)
WHERE k.kind = 'operator' AND k.enabled ORDER BY k.rank, k.name

-- name: parked
-- What a person has to do something about. What employees themselves do (no app, a card deleted) is none of it.
SELECT reason, count(*) AS many FROM (
    SELECT parked AS reason FROM smartcall.popup JOIN smartcall.call USING (call_id)
    WHERE started_at >= $1 AND parked NOT IN ('no_chat', 'not_installed', 'blocked', 'card_gone')
    UNION ALL SELECT parked FROM smartcall.journal WHERE parked IS NOT NULL AND written < wanted
    UNION ALL SELECT lookup_parked FROM smartcall.call WHERE started_at >= $1 AND lookup_parked IS NOT NULL
) AS given_up GROUP BY 1 ORDER BY 1

-- name: ways_to_call
-- What the company file says of employees and lines, and how often.
SELECT way, count(*)::integer AS count FROM (
    SELECT call_through AS way FROM smartcall.employee WHERE active
    UNION ALL
    SELECT l.call_through FROM smartcall.line l JOIN smartcall.employee e USING (employee_id) WHERE e.active
) AS said WHERE way IS NOT NULL GROUP BY way

-- name: one_chat
SELECT tenant_id, bot_app_id, entra_object_id, conversation_id, member_id, service_url FROM smartcall.chat
WHERE state = 'installed' ORDER BY seen_at DESC LIMIT 1

-- name: sealed_secrets
-- What every tenant with a bot or a connection has, to see whether the key is the right one.
SELECT secret_sealed AS sealed FROM smartcall.bot_identity WHERE secret_sealed IS NOT NULL
UNION ALL
SELECT secrets_sealed FROM smartcall.connection

-- name: recent_calls
SELECT p.popup_id, p.call_id FROM smartcall.popup p JOIN smartcall.call c USING (call_id)
WHERE p.employee_id = $1 ORDER BY c.started_at DESC LIMIT $2

-- name: save_preferences
UPDATE smartcall.employee SET preferences = $2 WHERE employee_id = $1
