-- Wishes that come with a pressed button.

-- name: read_popup
-- Whose popup it is.
SELECT p.popup_id, p.call_id, p.employee_id, p.form, p.form_until, p.draft_sealed, p.person_sealed,
    p.search_sealed, e.entra_object_id
FROM smartcall.popup p JOIN smartcall.employee e USING (employee_id)
WHERE p.popup_id = $1

-- name: adopt_card
-- A card whose POST was never answered tells its id when somebody presses it. What the screen shows is not known from
-- here on: Teams puts the answer to the press there, or does not get it.
UPDATE smartcall.popup SET
    activity_id = COALESCE(activity_id, $2), shown_digest = NULL, unsettled_until = GREATEST(unsettled_until, $3)
WHERE popup_id = $1

-- name: change_lookup
UPDATE smartcall.call SET
    lookup_sealed = $2,
    lookup_state = CASE WHEN $3 THEN 'wanted' ELSE lookup_state END,
    lookup_lease = CASE WHEN $3 THEN NULL ELSE lookup_lease END,
    lookup_lease_until = CASE WHEN $3 THEN $4 ELSE lookup_lease_until END
WHERE call_id = $1

-- name: follow_by_edit
-- The answer to the press comes again, and is on the screen at $3 at the latest; or it is not given ($3: NULL), and no
-- form of it is on the screen.
UPDATE smartcall.popup SET
    wanted = wanted + 1, shown_digest = NULL, attempts = 0, due_at = $2, unsettled_until = GREATEST(unsettled_until, $3),
    form_until = CASE WHEN $3::timestamptz IS NOT NULL THEN form_until END
WHERE popup_id = $1

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE call_id = $1

-- name: take_off_form
-- The answer to a press is about to take its place. What was typed is kept, as far as the press told: of the note
-- ($2 says whether), of a new person ($4), and of whom to search for ($6).
UPDATE smartcall.popup SET
    form_until = NULL,
    draft_sealed = CASE WHEN $2 THEN $3 ELSE draft_sealed END,
    person_sealed = CASE WHEN $4 THEN $5 ELSE person_sealed END,
    search_sealed = COALESCE($6, search_sealed)
WHERE popup_id = $1

-- name: put_up_form
UPDATE smartcall.popup SET form_until = $2 WHERE popup_id = $1

-- name: close_form
-- Done with, or given up: which form comes by itself now is a matter of the call. A note that was saved ($2) is no draft.
UPDATE smartcall.popup SET
    form = NULL, person_sealed = NULL, search_sealed = NULL, draft_sealed = CASE WHEN $2 THEN NULL ELSE draft_sealed END
WHERE popup_id = $1

-- name: ask_again
-- What the sources said has been deleted since, and is needed once more.
UPDATE smartcall.call SET lookup_state = 'wanted', lookup_lease = NULL, lookup_lease_until = $2
WHERE call_id = $1 AND lookup_state = 'done' AND lookup_sealed IS NULL
