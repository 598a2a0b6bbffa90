-- Calls that employees have asked for. A row is marked "asked" before the operator is: a node that dies over it leaves
-- a request of unknown outcome, and nobody asks a second time.

CREATE TABLE smartcall.call_request (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    request_id     uuid PRIMARY KEY,              -- made from the press, so that a repeated press is the same request
    employee_id    uuid NOT NULL REFERENCES smartcall.employee ON DELETE CASCADE,
    connection_id  uuid NOT NULL,                 -- the operator that is asked
    line_sealed    bytea NOT NULL,                -- the employee's phone, which rings first
    target_sealed  bytea NOT NULL,
    target_hash    bytea NOT NULL,
    origin         text NOT NULL CHECK (origin IN ('card', 'message', 'list')),
    popup_id       uuid NOT NULL,                 -- the card that says how far it has come
    state          text NOT NULL DEFAULT 'wanted',
    code           text,                          -- why it was refused or how it ended; never a text from outside
    talk_seconds   integer,                       -- of conversation, when the operator has told both its ends
    ref_hash       bytea,                         -- the operator's id of the call
    call_id        uuid,                          -- the call it became: journaled as this request's
    created_at     timestamptz NOT NULL,
    asked_at       timestamptz,
    updated_at     timestamptz NOT NULL,
    due_at         timestamptz                    -- when the sweep looks at it; NULL: nothing is waited for
);
CREATE INDEX call_request_due ON smartcall.call_request (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX call_request_employee ON smartcall.call_request (employee_id, created_at);
CREATE INDEX call_request_popup ON smartcall.call_request (popup_id);
CREATE INDEX call_request_ref ON smartcall.call_request (ref_hash) WHERE ref_hash IS NOT NULL;
CREATE INDEX call_request_age ON smartcall.call_request (tenant_id, created_at);
