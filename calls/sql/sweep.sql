-- What has lived long enough.

-- name: purge_calls
-- Events, popups and journals go with their call.
DELETE FROM smartcall.call WHERE started_at < $1

-- name: forget_lookups
-- What sources said about a caller, a directory above all, is for the call and a short time after; and for a journal
-- that is still to be written, which would not know where to.
UPDATE smartcall.call c SET lookup_sealed = NULL
WHERE c.lookup_sealed IS NOT NULL AND c.ended_at < $1 AND NOT EXISTS (
    SELECT 1 FROM smartcall.journal j
    WHERE j.call_id = c.call_id AND j.written < j.wanted AND (j.due_at IS NOT NULL OR j.parked IS NOT NULL)
)

-- name: purge_deliveries
DELETE FROM smartcall.delivery WHERE received_at < $1

-- name: purge_seen
DELETE FROM smartcall.seen_activity WHERE seen_at < $1

-- name: purge_rates
-- A bucket nobody has taken from for so long is full again, and made anew when it is needed.
DELETE FROM smartcall.rate WHERE filled_at < $1

-- name: purge_quotas
DELETE FROM smartcall.quota WHERE day < $1

-- name: purge_queue_log
DELETE FROM queue.pgqueuer_log WHERE created < $1
