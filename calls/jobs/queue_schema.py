"""PGQueuer's names and tables: everything of it lives in the schema ``queue``.

Four things are ours. Its trigger told every listener of every change; ``queue.ring`` tells those who work this kind of
job that there is one. Its enqueueing is a function of the database, so that functions of ours can ring. Its log is kept
empty: nobody reads it, and it cost three rows with five index entries each for every job. And tenants take turns: its
priorities, which nothing else uses, say how far back in its tenant's line a job stands.
"""

from __future__ import annotations

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.domain.settings import DBSettings, Durability

# Its log and statistics are of no account to us, and need not outlive a crash.
QUEUE_SETTINGS = DBSettings(db_schema="queue", durability=Durability.balanced)

_OWN_BELL = """
DROP TRIGGER {trigger} ON queue.pgqueuer;

CREATE FUNCTION queue.enqueue(integer[], text[], bytea[], interval[], text[], jsonb[])
RETURNS TABLE (place bigint, job bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY {enqueue};
END $$;

CREATE INDEX pgqueuer_line_idx ON queue.pgqueuer (entrypoint, (headers ->> 'tenant'), priority) WHERE status = 'queued';

-- The priority of a tenant's next job: one below its last that waits, and never above the first of all that wait, or
-- whoever begins now would stand before those who have waited long. A planner that saw the table empty would read it
-- whole ever after.
CREATE FUNCTION queue.turn(kind text, tenant uuid) RETURNS integer LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    RETURN LEAST(
        (SELECT j.priority FROM queue.pgqueuer j WHERE j.entrypoint = kind AND j.status = 'queued'
            ORDER BY j.priority DESC LIMIT 1),
        (SELECT j.priority - 1 FROM queue.pgqueuer j
            WHERE j.entrypoint = kind AND j.headers ->> 'tenant' = tenant::text AND j.status = 'queued'
            ORDER BY j.priority LIMIT 1),
        0
    );
END $$;

-- kind is the entrypoint. With a key, one job of that key is enough, be it waiting or running.
CREATE FUNCTION queue.ring(kind text, tenant uuid, call uuid, key text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue.enqueue(
        ARRAY[queue.turn(kind, tenant)], ARRAY[kind], ARRAY[convert_to(call::text, 'UTF8')],
        ARRAY[interval '0'], ARRAY[key], ARRAY[jsonb_build_object('tenant', tenant)]
    );
    PERFORM pg_notify('ring_' || kind, '');
END $$;

CREATE FUNCTION queue.keep_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END $$;
CREATE TRIGGER keep_empty BEFORE INSERT ON queue.pgqueuer_log FOR EACH ROW EXECUTE FUNCTION queue.keep_empty();
"""


def install_statements() -> str:
    """The statements that make the queue's schema and tables."""
    own = _OWN_BELL.format(
        trigger=QUEUE_SETTINGS.trigger, enqueue=QueryQueueBuilder(QUEUE_SETTINGS).build_enqueue_query("skip")
    )
    vacuum = QueryBuilderEnvironment(QUEUE_SETTINGS).build_optimize_autovacuum_query()
    return "\n".join((render_install(QUEUE_SETTINGS), own, vacuum))
