-- Who may do what. smartcall_service is what the service runs as; smartcall_resolver owns the functions that answer
-- before a tenant is known, and may read ids alone.

DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'smartcall_service') THEN
        CREATE ROLE smartcall_service NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'smartcall_resolver') THEN
        CREATE ROLE smartcall_resolver NOLOGIN;
    END IF;
    EXECUTE format('GRANT smartcall_service, smartcall_resolver TO %I', current_user);
END $$;

GRANT USAGE ON SCHEMA smartcall, queue TO smartcall_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA smartcall, queue TO smartcall_service;
REVOKE INSERT, UPDATE, DELETE ON smartcall.alembic_version FROM smartcall_service;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA queue TO smartcall_service;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO smartcall_service;

GRANT USAGE, CREATE ON SCHEMA smartcall TO smartcall_resolver;
GRANT SELECT (tenant_id, connection_id, kind, type, enabled) ON smartcall.connection TO smartcall_resolver;
GRANT SELECT (connection_id, lease_until) ON smartcall.stream TO smartcall_resolver;
GRANT SELECT (tenant_id, app_id) ON smartcall.bot_identity TO smartcall_resolver;
GRANT SELECT (tenant_id, call_id, stale_at, ended_at, lookup_state, lookup_lease_until) ON smartcall.call TO smartcall_resolver;
GRANT SELECT (tenant_id, call_id, due_at) ON smartcall.popup TO smartcall_resolver;
GRANT SELECT (tenant_id, call_id, due_at) ON smartcall.journal TO smartcall_resolver;
GRANT SELECT (tenant_id, request_id, due_at) ON smartcall.call_request TO smartcall_resolver;
GRANT SELECT (tenant_id, call_id, due_at) ON smartcall.creation TO smartcall_resolver;
GRANT SELECT (tenant_id) ON smartcall.tenant TO smartcall_resolver;
CREATE POLICY resolver ON smartcall.connection FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.bot_identity FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.call FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.popup FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.journal FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.stream FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.call_request FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.creation FOR SELECT TO smartcall_resolver USING (true);
CREATE POLICY resolver ON smartcall.tenant FOR SELECT TO smartcall_resolver USING (true);

-- From a credential's public half to the tenant it belongs to; the secret half is checked afterwards, inside the tenant.
CREATE FUNCTION smartcall.resolve(credential text, public_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT tenant_id FROM smartcall.connection WHERE credential = 'connection' AND connection_id = public_id
    UNION ALL
    SELECT tenant_id FROM smartcall.bot_identity WHERE credential = 'bot' AND app_id = public_id
$$;

-- Whose rows have something open now, for the sweep: ids and nothing else. Tenants take turns, the longest waiting first:
-- one whose work cannot be done and stays open for ever does not crowd out the others.
CREATE FUNCTION smartcall.open_work(as_of timestamptz, at_most integer)
RETURNS TABLE (kind text, tenant_id uuid, call_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH due AS (
        SELECT 'cards' AS kind, p.tenant_id, p.call_id, min(p.due_at) AS since FROM smartcall.popup p
        WHERE p.due_at <= as_of GROUP BY p.tenant_id, p.call_id
        UNION ALL
        SELECT 'cards', c.tenant_id, c.call_id, c.lookup_lease_until FROM smartcall.call c
        WHERE c.lookup_state = 'wanted' AND c.lookup_lease_until <= as_of
        UNION ALL
        SELECT 'journal', j.tenant_id, j.call_id, j.due_at FROM smartcall.journal j WHERE j.due_at <= as_of
        UNION ALL
        SELECT 'calling', r.tenant_id, r.request_id, r.due_at FROM smartcall.call_request r WHERE r.due_at <= as_of
        UNION ALL
        SELECT 'journal', w.tenant_id, w.call_id, w.due_at FROM smartcall.creation w WHERE w.due_at <= as_of
        UNION ALL
        SELECT 'stale', c.tenant_id, c.call_id, c.stale_at FROM smartcall.call c WHERE c.stale_at <= as_of
    ), placed AS (
        SELECT d.*, row_number() OVER (PARTITION BY d.kind, d.tenant_id ORDER BY d.since) AS turn FROM due d
    ), numbered AS (
        SELECT p.*, row_number() OVER (PARTITION BY p.kind ORDER BY p.turn, p.since) AS place FROM placed p
    )
    SELECT n.kind, n.tenant_id, n.call_id FROM numbered n WHERE n.place <= at_most
$$;

-- Operators that are to be listened to and are not: ids and nothing else.
CREATE FUNCTION smartcall.free_streams(types text[], as_of timestamptz) RETURNS TABLE (tenant_id uuid, connection_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT c.tenant_id, c.connection_id FROM smartcall.connection c
    LEFT JOIN smartcall.stream s ON s.connection_id = c.connection_id
    WHERE c.kind = 'operator' AND c.type = ANY(types) AND c.enabled AND (s.lease_until IS NULL OR s.lease_until <= as_of)
$$;

-- Every tenant, for the hourly clean-up.
CREATE FUNCTION smartcall.tenant_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT tenant_id FROM smartcall.tenant $$;

-- Every bot that somebody installs, so that their tokens are kept warm: ids and nothing else.
CREATE FUNCTION smartcall.bot_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT app_id FROM smartcall.bot_identity $$;

ALTER FUNCTION smartcall.bot_ids() OWNER TO smartcall_resolver;
ALTER FUNCTION smartcall.resolve(text, uuid) OWNER TO smartcall_resolver;
ALTER FUNCTION smartcall.open_work(timestamptz, integer) OWNER TO smartcall_resolver;
ALTER FUNCTION smartcall.free_streams(text[], timestamptz) OWNER TO smartcall_resolver;
ALTER FUNCTION smartcall.tenant_ids() OWNER TO smartcall_resolver;
REVOKE CREATE ON SCHEMA smartcall FROM smartcall_resolver;
REVOKE ALL ON FUNCTION smartcall.free_streams(text[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartcall.free_streams(text[], timestamptz) TO smartcall_service;
REVOKE ALL ON FUNCTION smartcall.resolve(text, uuid), smartcall.open_work(timestamptz, integer), smartcall.tenant_ids(),
    smartcall.bot_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartcall.resolve(text, uuid), smartcall.open_work(timestamptz, integer), smartcall.tenant_ids(),
    smartcall.bot_ids() TO smartcall_service;
