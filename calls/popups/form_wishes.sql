-- The forms of a card.

-- name: open_form
UPDATE smartcall.popup SET form = $2 WHERE popup_id = $1

-- name: keep_search
UPDATE smartcall.popup SET search_sealed = $2 WHERE popup_id = $1
