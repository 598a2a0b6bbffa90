-- What employees say of a call when it is over.

-- name: save_note
-- The entry is written anew with it. An employee who says what a call came to wants it kept: that is a request, too.
INSERT INTO smartcall.journal AS j (tenant_id, call_id, journal_id, due_at, note_sealed, requested)
SELECT tenant_id, call_id, $2, $3, $4, true FROM smartcall.call WHERE call_id = $1
ON CONFLICT (tenant_id, call_id) DO UPDATE SET
    wanted = j.wanted + 1, attempts = 0, due_at = $3, parked = NULL, note_sealed = $4, requested = true

-- name: request_entry
INSERT INTO smartcall.journal AS j (tenant_id, call_id, journal_id, due_at, requested)
SELECT tenant_id, call_id, $2, $3, true FROM smartcall.call WHERE call_id = $1
ON CONFLICT (tenant_id, call_id) DO UPDATE SET
    wanted = j.wanted + 1, attempts = 0, due_at = $3, parked = NULL, requested = true
WHERE NOT j.requested
