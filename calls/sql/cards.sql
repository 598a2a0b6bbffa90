-- The popups of a call.

-- name: take_popups
-- What is wanted and not shown, free to take, and either on the screen already or old enough for a first card.
-- A row that somebody is just changing is left alone: whoever changes it rings. Waiting for it could be a deadlock.
WITH free AS (
    SELECT p.popup_id FROM smartcall.popup p JOIN smartcall.call c USING (call_id)
    WHERE p.call_id = $1 AND p.shown < p.wanted
        AND (p.lease IS NULL OR p.lease_until <= $4)
        AND (p.activity_id IS NOT NULL OR c.toast_at <= $4)
        AND (p.attempts = 0 OR p.due_at <= $4)
    FOR UPDATE OF p SKIP LOCKED
)
UPDATE smartcall.popup p SET lease = $2, lease_until = $3, due_at = $3
FROM free WHERE p.popup_id = free.popup_id
RETURNING p.popup_id, p.employee_id, p.wanted, p.shown_digest, p.attempts, p.post_tried_at, p.posts, p.activity_id

-- name: note_posts
UPDATE smartcall.popup SET post_tried_at = $2, posts = posts + 1 WHERE popup_id = ANY($1::uuid[])

-- name: note_shown
-- Frees the lease; answers whether something newer is wanted already, or nothing when the lease was not ours any more.
-- $8: a POST was declined, and certainly did not reach the screen.
UPDATE smartcall.popup SET
    shown = GREATEST(shown, $3), shown_digest = $4, activity_id = COALESCE($5, activity_id), attempts = 0,
    parked = $6, lease = NULL, lease_until = NULL, due_at = CASE WHEN wanted > $3 THEN $7::timestamptz END,
    post_tried_at = CASE WHEN $8 AND posts <= 1 THEN NULL ELSE post_tried_at END,
    posts = CASE WHEN $8 THEN GREATEST(posts - 1, 0) ELSE posts END
WHERE popup_id = $1 AND lease = $2 RETURNING wanted > $3

-- name: want_again
-- What is on the screen is not known: it may be ours, or what another has sent since.
UPDATE smartcall.popup SET
    wanted = wanted + 1, shown_digest = NULL, attempts = 0, due_at = $3, activity_id = COALESCE(activity_id, $2)
WHERE popup_id = $1

-- name: put_off
-- A POST that certainly did not reach Teams ($4) does not count as tried; an earlier one of unknown outcome still does.
UPDATE smartcall.popup SET
    lease = NULL, lease_until = NULL, attempts = attempts + 1, due_at = $3, parked = $5,
    post_tried_at = CASE WHEN $4 AND posts <= 1 THEN NULL ELSE post_tried_at END,
    posts = CASE WHEN $4 THEN GREATEST(posts - 1, 0) ELSE posts END
WHERE popup_id = $1 AND lease = $2

-- name: move_chat
UPDATE smartcall.chat SET conversation_id = $3 WHERE bot_app_id = $1 AND entra_object_id = $2
