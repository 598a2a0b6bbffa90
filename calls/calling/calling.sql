-- Calls that employees ask for.

-- name: lock_employee
-- One request of an employee after another: two presses at once must not make two calls.
SELECT employee_id FROM smartcall.employee WHERE employee_id = $1 AND active FOR NO KEY UPDATE

-- name: phones_of
SELECT number_sealed, alias_sealed, call_through FROM smartcall.line WHERE employee_id = $1 ORDER BY rank

-- name: owners_of
-- Which active employees answer on a number.
SELECT DISTINCT l.employee_id FROM smartcall.line l JOIN smartcall.employee e USING (employee_id)
WHERE l.number_hash = ANY($1::bytea[]) AND e.active

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
    state = $2, code = $3, updated_at = $4, due_at = $5, talk_seconds = $6,
    asked_at = CASE WHEN $2 = 'asked' THEN $4 ELSE asked_at END
WHERE request_id = $1

-- name: keep_ref
UPDATE smartcall.call_request SET ref_hash = $2 WHERE request_id = $1

-- name: lock_call_of_ref
-- A call that the operator told of before it answered our order.
SELECT call_id FROM smartcall.call WHERE connection_id = $1 AND ref_hash = ANY($2::bytea[]) FOR NO KEY UPDATE

-- name: close_placed
-- A call that we have placed, and that the card is about, is over as long as its newest request is. Locked before its
-- popup, like everywhere.
UPDATE smartcall.call SET ended_at = $2
WHERE call_id = (SELECT call_id FROM smartcall.popup WHERE popup_id = $1) AND state = 'placed'

-- name: open_placed
-- A call that we know of before any operator does, with all that hangs on it: what we know, and the card ($10). What a
-- former call knows of the number comes along ($7); else the sources are asked, where that is wanted.
WITH opened AS (
    INSERT INTO smartcall.call (
        tenant_id, call_id, connection_id, ref_hash, state, started_at, toast_at, lookup_state, lookup_sealed, lookup_lease_until,
        touched, kept
    ) VALUES ($1, $2, $3, $4, 'placed', $5, $5, $6, $7, CASE WHEN $6 = 'wanted' THEN $11::timestamptz END, $13, true)
    RETURNING tenant_id, call_id
), told AS (
    INSERT INTO smartcall.event (tenant_id, call_id, event_hash, received_at, body_sealed)
    SELECT tenant_id, call_id, $8, $5, $9 FROM opened
)
INSERT INTO smartcall.popup (tenant_id, call_id, employee_id, popup_id, due_at)
SELECT tenant_id, call_id, $12, $10, $11 FROM opened

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
