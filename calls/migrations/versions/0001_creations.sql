-- Records that employees have asked for, new or with one number more, as long as they are not there.

CREATE TABLE smartcall.creation (
    tenant_id      uuid NOT NULL,
    call_id        uuid NOT NULL,
    connection_id  uuid NOT NULL,                 -- the source it is to be made in
    draft_sealed   bytea NOT NULL,                -- what was typed, or who is to have the number
    lease          uuid,
    lease_until    timestamptz,
    due_at         timestamptz NOT NULL,
    attempts       integer NOT NULL DEFAULT 0,
    starts         integer NOT NULL DEFAULT 0,    -- leases in a row that nobody came back from
    PRIMARY KEY (tenant_id, call_id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES smartcall.call ON DELETE CASCADE
);
CREATE INDEX creation_due ON smartcall.creation (due_at);
