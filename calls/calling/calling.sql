-- Calls that employees ask for.

-- name: lock_employee
-- One request of an employee after another: two presses at once must not make two calls.
SELECT employee_id FROM smartcall.employee WHERE employee_id = $1 AND active FOR NO KEY UPDATE

-- name: phones_of
SELECT number_sealed, alias_sealed FROM smartcall.line WHERE employee_id = $1 ORDER BY rank

-- name: requests_made
SELECT count(*)::integer FROM smartcall.call_request WHERE popup_id = $1

-- name: is_known
SELECT EXISTS (SELECT FROM smartcall.call_request WHERE request_id = $1)

-- name: in_the_way
SELECT
    COALESCE(bool_or(state = ANY($2::text[])), false) AS under_way,
    COALESCE(bool_or(target_hash = ANY($3::bytea[]) AND created_at > $4), false) AS repeated
FROM smartcall.call_request WHERE employee_id = $1

-- name: add_request
INSERT INTO smartcall.call_request (
    tenant_id, request_id, employee_id, connection_id, line_sealed, target_sealed, target_hash, origin, popup_id,
    created_at, updated_at, due_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)

-- name: lock_request
SELECT request_id, employee_id, connection_id, line_sealed, target_sealed, popup_id, state, code, created_at, due_at
FROM smartcall.call_request WHERE request_id = $1 FOR UPDATE

-- name: note_request
UPDATE smartcall.call_request SET
    state = $2, code = $3, updated_at = $4, due_at = $5,
    asked_at = CASE WHEN $2 = 'asked' THEN $4 ELSE asked_at END
WHERE request_id = $1

-- name: keep_ref
UPDATE smartcall.call_request SET ref_hash = $2 WHERE request_id = $1

-- name: lock_call_of_ref
-- A call that the operator told of before it answered our order.
SELECT call_id FROM smartcall.call WHERE connection_id = $1 AND ref_hash = ANY($2::bytea[]) FOR NO KEY UPDATE

-- name: want_shown
UPDATE smartcall.popup SET wanted = wanted + 1, attempts = 0, due_at = $2 WHERE popup_id = $1 RETURNING call_id

-- name: requests_like
-- Which requests a call may be the echo of: named by its id, by the operator's id of the call, or by who is in it.
SELECT r.request_id, r.employee_id, r.line_sealed, r.target_sealed, r.popup_id, r.state, r.code, r.call_id, r.asked_at,
    (r.ref_hash = ANY($3::bytea[])) IS TRUE
        AND r.connection_id = $1 AS has_ref
FROM smartcall.call_request r
WHERE r.state <> 'wanted' AND (
    r.request_id = $2
    OR r.ref_hash = ANY($3::bytea[])
    OR (r.employee_id = ANY($4::uuid[]) AND r.created_at > $5)
)
ORDER BY r.created_at DESC FOR UPDATE

-- name: keep_call
UPDATE smartcall.call_request SET call_id = $2 WHERE request_id = $1
