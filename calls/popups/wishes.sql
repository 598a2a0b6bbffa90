-- Wishes that come with a pressed button.

-- name: read_popup
-- Whose popup it is.
SELECT p.popup_id, p.call_id, p.employee_id, p.form_open, p.form_until, p.draft_sealed, e.entra_object_id FROM smartcall.popup p JOIN smartcall.employee e USING (employee_id)
WHERE p.popup_id = $1

-- name: adopt_card
-- A card whose POST was never answered tells its id when somebody presses it. What the screen shows is not known from
-- here on: Teams puts the answer to the press there, or does not get it.
UPDATE smartcall.popup SET activity_id = COALESCE(activity_id, $2), shown_digest = NULL, pressed_at = $3
WHERE popup_id = $1

-- name: change_lookup
UPDATE smartcall.call SET
    lookup_sealed = $2,
    lookup_state = CASE WHEN $3 THEN 'wanted' ELSE lookup_state END,
    lookup_lease = CASE WHEN $3 THEN NULL ELSE lookup_lease END,
    lookup_lease_until = CASE WHEN $3 THEN $4 ELSE lookup_lease_until END
WHERE call_id = $1

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1

-- name: take_off_form
-- The answer to a press is about to take its place. What was typed ($2, when the press told) is kept.
UPDATE smartcall.popup SET form_until = NULL, draft_sealed = CASE WHEN $3 THEN $2 ELSE draft_sealed END
WHERE popup_id = $1

-- name: put_up_form
UPDATE smartcall.popup SET form_until = $2 WHERE popup_id = $1

-- name: call_of_popup
SELECT call_id FROM smartcall.popup WHERE popup_id = $1
