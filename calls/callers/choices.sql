-- Who is meant when several own a number.

-- name: forget
DELETE FROM smartcall.choice WHERE number_hash = ANY($1::bytea[]) AND employee_id IS NOT DISTINCT FROM $2

-- name: remember
INSERT INTO smartcall.choice (tenant_id, number_hash, employee_id, record_sealed, chosen_at, used_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (tenant_id, number_hash, employee_id)
DO UPDATE SET record_sealed = EXCLUDED.record_sealed, chosen_at = EXCLUDED.chosen_at, used_at = EXCLUDED.used_at

-- name: note_used
-- With the record as the source tells it now. One that was forgotten meanwhile stays forgotten.
UPDATE smartcall.choice SET record_sealed = $3, used_at = $4
WHERE number_hash = ANY($1::bytea[]) AND employee_id IS NOT DISTINCT FROM $2
