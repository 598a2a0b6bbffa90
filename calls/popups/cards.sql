-- The popups of a call.

-- name: take_popups
-- Leases what is open (this and the next two: migrations/versions/0001_functions.sql).
SELECT popups, scene FROM smartcall.take_popups($1, $2, $3, $4, $5)

-- name: note_posts
SELECT popup_id FROM smartcall.note_posts($1, $2::uuid[], $3, $4) AS popup_id

-- name: note_shown
SELECT newer FROM smartcall.note_shown($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS newer

-- name: want_again
-- What is on the screen is not known: it may be ours, or what another has sent since.
UPDATE smartcall.popup SET
    wanted = wanted + 1, shown_digest = NULL, attempts = 0, due_at = $3, activity_id = COALESCE(activity_id, $2)
WHERE popup_id = $1

-- name: put_off
-- A POST that certainly did not reach Teams ($4) does not count as tried; an earlier one of unknown outcome still does.
-- An edit that may have reached it, or may yet ($6 says until when): what is on the screen is not known any more.
UPDATE smartcall.popup SET
    shown_digest = CASE WHEN $6::timestamptz IS NULL THEN shown_digest END,
    unsettled_until = GREATEST(unsettled_until, $6),
    lease = NULL, lease_until = NULL, attempts = attempts + 1, starts = 0, due_at = $3, parked = $5,
    post_tried_at = CASE WHEN $4 AND posts <= 1 THEN NULL ELSE post_tried_at END,
    posts = CASE WHEN $4 THEN GREATEST(posts - 1, 0) ELSE posts END
WHERE popup_id = $1 AND lease = $2

-- name: park_worn_out
-- Nobody came back from them; the count stays until they are replayed.
UPDATE smartcall.popup SET lease = NULL, lease_until = NULL, due_at = NULL, parked = $3
WHERE popup_id = ANY($1::uuid[]) AND lease = $2

-- name: came_back
UPDATE smartcall.popup SET starts = 0 WHERE lease = $1

-- name: hold_back
-- Somebody may be typing into the card; it is looked at again when they have had their time ($3), or at once when
-- something newer than $4 is wanted.
UPDATE smartcall.popup SET
    lease = NULL, lease_until = NULL, starts = 0, due_at = CASE WHEN wanted > $4 THEN $5::timestamptz ELSE $3 END
WHERE popup_id = $1 AND lease = $2 RETURNING wanted > $4

-- name: move_chat
UPDATE smartcall.chat SET conversation_id = $3 WHERE bot_app_id = $1 AND entra_object_id = $2
