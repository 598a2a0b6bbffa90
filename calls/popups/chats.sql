-- Chats between employees and a bot.

-- name: keep_chat
INSERT INTO smartcall.chat AS c (tenant_id, bot_app_id, entra_object_id, conversation_id, member_id, service_url, state, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, 'installed', $7)
ON CONFLICT (tenant_id, bot_app_id, entra_object_id) DO UPDATE SET
    conversation_id = $4, member_id = $5, service_url = $6, state = 'installed', seen_at = $7
WHERE c.seen_at <= $7

-- name: welcome_due
UPDATE smartcall.chat SET welcomed = true WHERE bot_app_id = $1 AND entra_object_id = $2 AND NOT welcomed RETURNING true

-- name: set_state
UPDATE smartcall.chat SET
    state = $3, welcomed = welcomed AND $3 <> 'uninstalled', seen_at = COALESCE($4::timestamptz, seen_at)
WHERE bot_app_id = $1 AND entra_object_id = $2 AND ($4::timestamptz IS NULL OR seen_at <= $4::timestamptz)

-- name: reopen_popups
-- Somebody just installed the app: what rings or is talked about now is shown after all.
UPDATE smartcall.popup p SET parked = NULL, wanted = p.wanted + 1, attempts = 0, due_at = $2
FROM smartcall.employee e, smartcall.call c
WHERE e.entra_object_id = $1 AND p.employee_id = e.employee_id AND p.parked IN ('no_chat', 'not_installed', 'blocked')
    AND c.call_id = p.call_id AND c.state IN ('ringing', 'answered')
RETURNING p.call_id
