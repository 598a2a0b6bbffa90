-- What employees have asked us to remember: who is meant when several own a number.

CREATE TABLE smartcall.choice (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    number_hash    bytea NOT NULL,
    employee_id    uuid REFERENCES smartcall.employee ON DELETE CASCADE,  -- for whom; NULL: for all
    record_sealed  bytea NOT NULL,                -- connection and record, and the name to be shown at once
    chosen_at      timestamptz NOT NULL,
    used_at        timestamptz NOT NULL,          -- retention counts from here
    UNIQUE NULLS NOT DISTINCT (tenant_id, number_hash, employee_id)
);
CREATE INDEX choice_employee ON smartcall.choice (employee_id) WHERE employee_id IS NOT NULL;
