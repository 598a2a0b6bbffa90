-- The ground: tenants, their connections and people, calls with their events, popups and journals.
-- Every table has tenant_id and forced row-level security (0001_ground.py adds the policies). What is sealed is AES-GCM,
-- what is hashed is HMAC, both keyed (calls/store/vault.py). docs/data.md says why each column exists and for how long.

CREATE TABLE smartcall.tenant (
    tenant_id      uuid PRIMARY KEY,              -- the customer's Entra tenant id
    name           text NOT NULL,
    language       text NOT NULL DEFAULT 'nb',
    region         text NOT NULL DEFAULT 'NO',    -- home region for numbers written without country code
    bot_app_id     uuid,                          -- the bot identity it uses,
    bot_tenant_id  uuid,                          -- and the tenant whose row that is (ours, or its own)
    settings       jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE smartcall.bot_identity (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    app_id         uuid PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('single_tenant', 'multi_tenant', 'user_assigned_msi', 'federated')),
    home_tenant    uuid NOT NULL,                 -- where the connector's tokens are asked for
    secret_sealed  bytea,
    certificate_sealed bytea,                     -- PEM: private key and certificate
    managed_identity uuid                         -- client id, for federated; NULL: the machine's own identity
);

CREATE TABLE smartcall.connection (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    connection_id  uuid PRIMARY KEY,              -- stands in the events address; names nobody
    kind           text NOT NULL CHECK (kind IN ('operator', 'connector')),
    type           text NOT NULL,                 -- the folder's name
    name           text NOT NULL,
    rank           integer NOT NULL DEFAULT 0,    -- order among connectors, lowest first
    settings       jsonb NOT NULL DEFAULT '{}',
    secrets_sealed bytea NOT NULL,
    provider_tenant_id uuid,                      -- whose secrets settings.provider_connection_id stands for
    token_sealed   bytea,                         -- the newest access and refresh token
    token_lease    uuid,                          -- who is refreshing
    token_lease_until timestamptz,
    enabled        boolean NOT NULL DEFAULT true
);
CREATE INDEX connection_tenant ON smartcall.connection (tenant_id, kind);

CREATE TABLE smartcall.employee (
    tenant_id       uuid NOT NULL REFERENCES smartcall.tenant,
    employee_id     uuid PRIMARY KEY,
    entra_object_id uuid NOT NULL,
    name_sealed     bytea NOT NULL,
    email_sealed    bytea,
    language        text,                         -- NULL: the tenant's
    call_through    text,                         -- how their calls are made, by the company file; NULL: as the tenant's
    preferences     jsonb,                        -- what they have chosen themselves; NULL: nothing, the tenant's choices hold
    active          boolean NOT NULL DEFAULT true,
    UNIQUE (tenant_id, entra_object_id)
);

CREATE TABLE smartcall.line (
    tenant_id      uuid NOT NULL,
    employee_id    uuid NOT NULL REFERENCES smartcall.employee ON DELETE CASCADE,
    number_hash    bytea NOT NULL,
    number_sealed  bytea NOT NULL,
    alias_hash     bytea,                         -- the operator's own name of the phone
    alias_sealed   bytea,
    rank           integer NOT NULL DEFAULT 0,    -- order in the company file; the first rings for a call of their own
    call_through   text,                          -- how calls from this line are made; NULL: as the employee's
    PRIMARY KEY (tenant_id, employee_id, number_hash)
);
CREATE INDEX line_number ON smartcall.line (tenant_id, number_hash);
CREATE INDEX line_alias ON smartcall.line (tenant_id, alias_hash) WHERE alias_hash IS NOT NULL;

CREATE TABLE smartcall.chat (
    tenant_id       uuid NOT NULL REFERENCES smartcall.tenant,
    bot_app_id      uuid NOT NULL,
    entra_object_id uuid NOT NULL,
    conversation_id text NOT NULL,
    member_id       text NOT NULL,                -- Teams' own id of the user ("29:...")
    service_url     text NOT NULL,                -- only ever from an activity whose token was checked
    state           text NOT NULL CHECK (state IN ('installed', 'uninstalled', 'blocked')),
    welcomed        boolean NOT NULL DEFAULT false,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, bot_app_id, entra_object_id)
);

CREATE TABLE smartcall.seen_activity (
    tenant_id      uuid NOT NULL,
    activity_hash  bytea NOT NULL,
    reply_sealed   bytea,                         -- what a retried invoke is answered with; NULL: still at work
    seen_at        timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, activity_hash)
);

CREATE TABLE smartcall.delivery (
    tenant_id      uuid NOT NULL,
    connection_id  uuid NOT NULL,
    delivery_hash  bytea NOT NULL,
    received_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, delivery_hash)
);

-- What belongs to a call names its tenant with it: it can be no other one's, and goes with the call by the same index.
CREATE TABLE smartcall.call (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    call_id        uuid NOT NULL,
    connection_id  uuid NOT NULL,
    ref_hash       bytea NOT NULL,                -- the operator's id of the call
    parent_hash    bytea,                         -- of the call it continues
    state          text NOT NULL DEFAULT 'ringing',
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    stale_at       timestamptz,                   -- when silence makes it stale
    toast_at       timestamptz NOT NULL,          -- from when on a first card may be posted, whatever the sources do
    lookup_state   text NOT NULL DEFAULT 'none' CHECK (lookup_state IN ('none', 'wanted', 'done')),
    lookup_sealed  bytea,                         -- what the sources have answered so far
    lookup_lease   text,                          -- the job that asks them, or asked last, and which of its runs
    lookup_lease_until timestamptz,
    lookup_starts  integer NOT NULL DEFAULT 0,    -- runs in a row that nobody came back from
    lookup_parked  text,                          -- why nobody asks any more: a code
    touched        uuid[] NOT NULL DEFAULT '{}',  -- the employees it has to do with
    choice_hashes  bytea[] NOT NULL DEFAULT '{}', -- by which it is remembered who is meant by the number outside
    kept           boolean NOT NULL DEFAULT false, -- somebody may be shown it, or a CRM is told of it
    PRIMARY KEY (tenant_id, call_id),
    UNIQUE (tenant_id, connection_id, ref_hash)
);
CREATE INDEX call_stale ON smartcall.call (stale_at) WHERE stale_at IS NOT NULL;
CREATE INDEX call_lookup ON smartcall.call (lookup_lease_until) WHERE lookup_state = 'wanted';
CREATE INDEX call_age ON smartcall.call (tenant_id, started_at);
CREATE INDEX call_unkept ON smartcall.call (tenant_id, started_at) WHERE NOT kept;
CREATE INDEX call_forget ON smartcall.call (ended_at) WHERE lookup_sealed IS NOT NULL;

CREATE TABLE smartcall.event (
    tenant_id      uuid NOT NULL,
    call_id        uuid NOT NULL,
    event_hash     bytea NOT NULL,
    received_at    timestamptz NOT NULL,
    body_sealed    bytea NOT NULL,
    PRIMARY KEY (tenant_id, call_id, event_hash),
    FOREIGN KEY (tenant_id, call_id) REFERENCES smartcall.call ON DELETE CASCADE
);

CREATE TABLE smartcall.popup (
    tenant_id      uuid NOT NULL,
    call_id        uuid NOT NULL,
    employee_id    uuid NOT NULL REFERENCES smartcall.employee ON DELETE CASCADE,
    popup_id       uuid NOT NULL UNIQUE,          -- what the buttons carry
    wanted         integer NOT NULL DEFAULT 1,    -- raised by whatever changes what should be seen
    shown          integer NOT NULL DEFAULT 0,    -- the value of wanted that is on the screen
    shown_digest   bytea,                         -- of the popup that is on the screen: equal ones are not sent again
    lease          uuid,
    lease_until    timestamptz,
    due_at         timestamptz,                   -- when the sweep looks at it; NULL: nothing is open
    attempts       integer NOT NULL DEFAULT 0,    -- failed tries at the present value of wanted
    starts         integer NOT NULL DEFAULT 0,    -- leases in a row that nobody came back from
    post_tried_at  timestamptz,                   -- stored before the POST, which Teams may carry out twice
    posts          integer NOT NULL DEFAULT 0,
    unsettled_until timestamptz,                  -- what we sent may be overtaken: by a press's answer, a lost edit
    activity_id    text,
    form           text CHECK (form IN ('note', 'person', 'number', 'none')),  -- opened by the employee; none: left alone
    form_until     timestamptz,                   -- a form is on the screen: until when we leave the card alone
    draft_sealed   bytea,                         -- a note typed and not saved, when another button was pressed
    person_sealed  bytea,                         -- a new person typed, and not there yet
    search_sealed  bytea,                         -- somebody searched for, and who was found
    parked         text,                          -- why nothing more is tried: a code, never a text from outside
    PRIMARY KEY (tenant_id, call_id, employee_id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES smartcall.call ON DELETE CASCADE
);
CREATE INDEX popup_due ON smartcall.popup (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX popup_form ON smartcall.popup (form_until) WHERE form_until IS NOT NULL;
CREATE INDEX popup_typed ON smartcall.popup (tenant_id, call_id)
    WHERE person_sealed IS NOT NULL OR search_sealed IS NOT NULL;

CREATE TABLE smartcall.journal (
    tenant_id      uuid NOT NULL,
    call_id        uuid NOT NULL,
    journal_id     uuid NOT NULL UNIQUE,          -- the key the CRM's entry is found again by
    connection_id  uuid,                          -- set when the matched record's source is known
    wanted         integer NOT NULL DEFAULT 1,
    written        integer NOT NULL DEFAULT 0,
    lease          uuid,
    lease_until    timestamptz,
    due_at         timestamptz,
    attempts       integer NOT NULL DEFAULT 0,
    starts         integer NOT NULL DEFAULT 0,    -- as of a popup
    record_sealed  bytea,                         -- the CRM's reference to the entry
    note_sealed    bytea,                         -- result and note, as the employee saved them
    requested      boolean NOT NULL DEFAULT false, -- an employee wants it, where journaling is on request
    parked         text,
    PRIMARY KEY (tenant_id, call_id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES smartcall.call ON DELETE CASCADE
);
CREATE INDEX journal_due ON smartcall.journal (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE smartcall.rate (
    tenant_id      uuid NOT NULL,
    scope          text NOT NULL,                 -- names a limit, never a person or a number
    tokens         double precision NOT NULL,
    filled_at      timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, scope)
);

CREATE TABLE smartcall.quota (
    tenant_id      uuid NOT NULL,
    connection_id  uuid NOT NULL,
    day            date NOT NULL,
    used           integer NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, day)
);
