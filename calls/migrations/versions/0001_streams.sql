-- Operators that are listened to: which node listens to each of them, and how that goes (calls/intake/streams.py).

CREATE TABLE smartcall.stream (
    tenant_id      uuid NOT NULL REFERENCES smartcall.tenant,
    connection_id  uuid PRIMARY KEY REFERENCES smartcall.connection,
    owner          text,                          -- the node that listens: machine, process and a random word
    lease_until    timestamptz,                   -- the node is believed until then
    connected_at   timestamptz,                   -- of the snapshot the present connection began with
    last_heard_at  timestamptz,                   -- any sign of life
    trouble        text                           -- why nothing is heard: a code, never a text from outside
);
