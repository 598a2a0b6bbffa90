-- Work that would cost several round trips while a phone rings.

-- Into a tenant, for the rest of the transaction; never out of another one, whose rows its caller believes to see.
CREATE FUNCTION smartcall.enter(tenant uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NULLIF(current_setting('smartcall.tenant', true), '') <> COALESCE(tenant::text, '') THEN
        RAISE EXCEPTION 'this transaction belongs to another tenant';
    END IF;
    PERFORM set_config('smartcall.tenant', tenant::text, true);
END $$;

-- One token of each bucket, or of none; then what is short for the longest time. Buckets come in the order of their
-- names, so that two takers never wait for each other. It enters the tenant itself: one statement is one transaction,
-- and row-level security binds it like any other. A clock that runs behind never takes tokens away.
CREATE FUNCTION smartcall.take_tokens(
    tenant uuid, scopes text[], rates double precision[], bursts double precision[], as_of timestamptz,
    OUT short text, OUT seconds double precision
) LANGUAGE plpgsql AS $$
DECLARE
    levels double precision[] := '{}';
    level double precision;
    filled timestamptz;
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);
    seconds := 0;
    FOR i IN 1 .. cardinality(scopes) LOOP
        INSERT INTO smartcall.rate AS r (tenant_id, scope, tokens, filled_at) VALUES (tenant, scopes[i], bursts[i], as_of)
        ON CONFLICT (tenant_id, scope) DO UPDATE SET tokens = r.tokens
        RETURNING r.tokens, r.filled_at INTO level, filled;
        level := LEAST(bursts[i], level + GREATEST(0, EXTRACT(EPOCH FROM as_of - filled)) * rates[i]);
        levels := levels || level;
        IF level < 1 AND (1 - level) / rates[i] >= seconds THEN
            short := scopes[i];
            seconds := (1 - level) / rates[i];
        END IF;
    END LOOP;
    IF short IS NULL THEN
        FOR i IN 1 .. cardinality(scopes) LOOP
            UPDATE smartcall.rate r SET tokens = levels[i] - 1, filled_at = GREATEST(r.filled_at, as_of)
            WHERE r.tenant_id = tenant AND r.scope = scopes[i];
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION smartcall.take_tokens(uuid, text[], double precision[], double precision[], timestamptz)
    TO smartcall_service;

-- What follows enters its tenant by itself too, and costs one round trip instead of a transaction's three or more.
-- Whatever only takes a token or a lease does not wait for the disk: a crash gives it back, and nothing is lost. What a
-- card or an answer to the operator relies on (events, POSTs, the id of a new card) does wait.

-- An operator's or a source's connection by its id, and so the tenant that it belongs to, with the transaction that wrote
-- it as it is. Nothing is proved by knowing it.
CREATE FUNCTION smartcall.connection_by_id(id uuid) RETURNS TABLE (connection smartcall.connection, version xid)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(smartcall.resolve('connection', id));
    RETURN QUERY SELECT c, c.xmin FROM smartcall.connection c WHERE c.connection_id = id AND c.enabled;
END $$;

-- The tenant's sources, in the order it wants them shown.
CREATE FUNCTION smartcall.connectors(tenant uuid) RETURNS SETOF smartcall.connection LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant);
    RETURN QUERY SELECT c.* FROM smartcall.connection c WHERE c.kind = 'connector' AND c.enabled ORDER BY c.rank, c.name;
END $$;

-- An active employee, with the chat with this bot where the app is installed; and the phones, in the order of the company
-- file, where one of them has a way of its own to call.
CREATE TYPE smartcall.phone AS (number_sealed bytea, alias_sealed bytea, call_through text);
CREATE TYPE smartcall.person AS (
    employee_id uuid, entra_object_id uuid, name_sealed bytea, email_sealed bytea, language text, call_through text,
    preferences jsonb, conversation_id text, member_id text, service_url text, phones smartcall.phone[]
);

-- A call with its tenant, the state of its journal (journal_in is set once it is known where it is journaled;
-- journal_open while it waits for its first try), every event and everybody it has touched; with the operators there are,
-- and the newest call asked for on each of its cards.
CREATE TYPE smartcall.scene AS (
    name text, language text, region text, bot_app_id uuid, bot_tenant_id uuid, settings jsonb,
    lookup_state text, lookup_sealed bytea, journal_in text, journal_parked text, journal_written boolean,
    journal_open boolean, journal_requested boolean, note_sealed bytea, bodies bytea[],
    operators jsonb, requests jsonb, people smartcall.person[]
);
CREATE FUNCTION smartcall.scene(tenant uuid, call uuid) RETURNS SETOF smartcall.scene LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant);
    RETURN QUERY SELECT t.name, t.language, t.region, t.bot_app_id, t.bot_tenant_id, t.settings,
        c.lookup_state, c.lookup_sealed, k.name, j.parked,
        j.written > 0 AND (j.note_sealed IS NULL OR j.due_at IS NULL),
        j.written < j.wanted AND j.due_at IS NOT NULL AND j.attempts = 0, j.requested, j.note_sealed,
        ARRAY(SELECT e.body_sealed FROM smartcall.event e WHERE e.call_id = call),
        (SELECT jsonb_agg(jsonb_build_object('connection_id', o.connection_id, 'type', o.type, 'settings', o.settings)
                ORDER BY o.rank, o.name)
            FROM smartcall.connection o WHERE o.tenant_id = tenant AND o.kind = 'operator' AND o.enabled),
        (SELECT jsonb_agg(to_jsonb(newest)) FROM (
            SELECT DISTINCT ON (r.popup_id) r.popup_id, r.state, r.code, r.talk_seconds,
                count(*) OVER (PARTITION BY r.popup_id) AS made
            FROM smartcall.popup p JOIN smartcall.call_request r ON r.popup_id = p.popup_id WHERE p.call_id = call
            ORDER BY r.popup_id, r.created_at DESC) AS newest),
        ARRAY(SELECT (e.employee_id, e.entra_object_id, e.name_sealed, e.email_sealed, e.language, e.call_through,
                e.preferences, h.conversation_id, h.member_id, h.service_url,
                (SELECT array_agg((l.number_sealed, l.alias_sealed, l.call_through)::smartcall.phone ORDER BY l.rank)
                    FROM smartcall.line l WHERE l.employee_id = e.employee_id HAVING bool_or(l.call_through IS NOT NULL))
            )::smartcall.person
            FROM smartcall.employee e
            LEFT JOIN smartcall.chat h ON h.bot_app_id = t.bot_app_id AND h.entra_object_id = e.entra_object_id
                AND h.state = 'installed'
            WHERE e.employee_id = ANY(c.touched) AND e.active)
    FROM smartcall.call c
    JOIN smartcall.tenant t ON t.tenant_id = c.tenant_id
    LEFT JOIN smartcall.journal j ON j.call_id = c.call_id
    LEFT JOIN smartcall.connection k ON k.connection_id = j.connection_id
    WHERE c.call_id = call;
END $$;

-- The popups of a call that are wanted and not shown, free to take, and either on the screen already or old enough for a
-- first card. A row that somebody is just changing is left alone: whoever changes it rings. Waiting could be a deadlock.
-- Whoever took one before and did not come back may have sent: what is on its screen is not known any more.
-- And the scene, read after the leases were taken; none when there is no popup to take.
CREATE FUNCTION smartcall.take_popups(
    tenant uuid, call uuid, taker uuid, until timestamptz, as_of timestamptz,
    OUT popups smartcall.popup[], OUT scene smartcall.scene
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);
    WITH free AS (
        SELECT p.popup_id FROM smartcall.popup p JOIN smartcall.call c USING (call_id)
        WHERE p.call_id = call AND p.shown < p.wanted
            AND (p.lease IS NULL OR p.lease_until <= as_of)
            AND (p.activity_id IS NOT NULL OR c.toast_at <= as_of)
            AND (p.attempts = 0 OR p.due_at <= as_of)
        FOR UPDATE OF p SKIP LOCKED
    ), taken AS (
        UPDATE smartcall.popup p SET lease = taker, lease_until = until, due_at = until, starts = p.starts + 1,
            shown_digest = CASE WHEN p.starts = 0 THEN p.shown_digest END
        FROM free WHERE p.popup_id = free.popup_id RETURNING p.*
    )
    SELECT array_agg(t::smartcall.popup) FROM taken t INTO popups;
    IF popups IS NOT NULL THEN
        SELECT s.* FROM smartcall.scene(tenant, call) s INTO scene;
    END IF;
END $$;

-- What there is to do for the cards of a call, in one question: its popups, and its lookup when that is ours to do (nobody
-- has it, or its holder is gone, or we are the same job taken over; starts is null when it is not), with whom to ask, in
-- the tenant's order, and what is remembered of the number: each employee's own choice, and that for all.
CREATE FUNCTION smartcall.take_cards(
    tenant uuid, call uuid, taker uuid, until timestamptz, as_of timestamptz, job text, job_until timestamptz,
    OUT popups smartcall.popup[], OUT scene smartcall.scene,
    OUT toast_at timestamptz, OUT lookup_sealed bytea, OUT bodies bytea[], OUT starts integer,
    OUT sources smartcall.connection[], OUT choices smartcall.choice[]
) LANGUAGE plpgsql AS $$
DECLARE
    hashes bytea[];
    taken record;
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);
    UPDATE smartcall.call c
    SET lookup_lease = job, lookup_lease_until = job_until, lookup_starts = c.lookup_starts + 1
    WHERE c.call_id = call AND c.lookup_state = 'wanted'
        AND (c.lookup_lease IS NULL OR c.lookup_lease_until <= as_of
            OR split_part(c.lookup_lease, ' ', 1) = split_part(job, ' ', 1))
    RETURNING c.toast_at, c.lookup_sealed, c.lookup_starts, c.choice_hashes INTO toast_at, lookup_sealed, starts, hashes;
    IF FOUND THEN
        SELECT ARRAY(SELECT e.body_sealed FROM smartcall.event e WHERE e.call_id = call),
            ARRAY(SELECT s FROM smartcall.connectors(tenant) s),
            ARRAY(SELECT c FROM smartcall.choice c WHERE c.number_hash = ANY(hashes))
        INTO bodies, sources, choices;
    END IF;
    SELECT t.popups, t.scene FROM smartcall.take_popups(tenant, call, taker, until, as_of) t INTO taken;
    popups := taken.popups;
    scene := taken.scene;
END $$;

-- The journal of a call, when something is to be written and it is free to take, with its scene and the tenant's sources;
-- or whether the sources are still being asked.
CREATE FUNCTION smartcall.take_journal(
    tenant uuid, call uuid, taker uuid, until timestamptz, as_of timestamptz,
    OUT journal_id uuid, OUT wanted integer, OUT attempts integer, OUT starts integer, OUT looking boolean,
    OUT scene smartcall.scene, OUT sources smartcall.connection[]
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);
    UPDATE smartcall.journal j SET lease = taker, lease_until = until, due_at = until, starts = j.starts + 1
    WHERE j.call_id = call AND j.written < j.wanted AND j.parked IS NULL
        AND (j.lease IS NULL OR j.lease_until <= as_of) AND (j.attempts = 0 OR j.due_at <= as_of)
    RETURNING j.journal_id, j.wanted, j.attempts, j.starts INTO journal_id, wanted, attempts, starts;
    IF FOUND THEN
        SELECT s.* FROM smartcall.scene(tenant, call) s INTO scene;
        looking := scene.lookup_state = 'wanted';
        sources := ARRAY(SELECT s FROM smartcall.connectors(tenant) s);
    END IF;
END $$;

-- Notes POSTs before they are made, as far as the lease is still ours: another may have posted since. Answers which.
CREATE FUNCTION smartcall.note_posts(tenant uuid, popups uuid[], taker uuid, as_of timestamptz)
RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant);
    RETURN QUERY UPDATE smartcall.popup p SET post_tried_at = as_of, posts = p.posts + 1
        WHERE p.popup_id = ANY(popups) AND p.lease = taker RETURNING p.popup_id;
END $$;

-- Frees the lease; answers whether something newer is wanted already, or nothing when the lease was not ours any more.
-- declined: a POST was refused, and certainly did not reach the screen. Within two seconds of a press the answer to it
-- may still be on its way, with an older card than was sent meanwhile: then the card is sent once more, when they are over.
-- held_until: until when it is left alone, because a form is on it.
-- Only the id of a new card (``card``) has to outlive a crash of the database: an edit that is forgotten is made once more.
CREATE FUNCTION smartcall.note_shown(
    tenant uuid, popup uuid, taker uuid, answered integer, digest bytea, card text, reason text, as_of timestamptz,
    declined boolean, held_until timestamptz
) RETURNS SETOF boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant);
    IF card IS NULL AND NOT declined THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN QUERY WITH mine AS (
        SELECT p.popup_id, p.wanted > answered AS newer, p.unsettled_until,
            COALESCE(p.unsettled_until > as_of AND p.wanted = answered, false) AS again,
            COALESCE(held_until IS NULL AND p.form_until <= as_of, false) AS left_alone  -- the form had its time
        FROM smartcall.popup p WHERE p.popup_id = popup AND p.lease = taker FOR UPDATE
    )
    UPDATE smartcall.popup p SET
        shown = GREATEST(p.shown, answered), activity_id = COALESCE(card, p.activity_id),
        shown_digest = CASE WHEN m.again THEN NULL ELSE digest END,
        wanted = p.wanted + m.again::integer, attempts = m.again::integer,
        form = CASE WHEN m.left_alone THEN 'none' ELSE p.form END,
        person_sealed = CASE WHEN m.left_alone THEN NULL ELSE p.person_sealed END,
        search_sealed = CASE WHEN m.left_alone THEN NULL ELSE p.search_sealed END,
        form_until = held_until, parked = reason, lease = NULL, lease_until = NULL, starts = 0,
        due_at = CASE WHEN m.newer THEN as_of WHEN m.again THEN m.unsettled_until END,
        post_tried_at = CASE WHEN declined AND p.posts <= 1 THEN NULL ELSE p.post_tried_at END,
        posts = CASE WHEN declined THEN GREATEST(p.posts - 1, 0) ELSE p.posts END
    FROM mine m WHERE p.popup_id = m.popup_id RETURNING m.newer;
END $$;

-- A call that is over is journaled when its lookup is done: at once, and also when it was asked for again later and a
-- CRM knows the caller now. What is written already stays as it is.
CREATE FUNCTION smartcall.want_journal(call uuid, entry uuid, due timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smartcall.journal AS j (tenant_id, call_id, journal_id, due_at)
    SELECT c.tenant_id, c.call_id, entry, due FROM smartcall.call c WHERE c.call_id = call AND c.state = 'ended'
    ON CONFLICT (tenant_id, call_id) DO UPDATE SET due_at = due
    WHERE j.written < j.wanted AND j.attempts = 0 AND j.parked IS NULL AND j.lease IS NULL;
END $$;

-- What the sources have answered, with the cards that follow from it. Only by the run that asked last, also when it has
-- something to add after it was done; nothing comes back to any other. So the lease keeps its name when the lookup is done:
-- a run that stood still meanwhile would bring back its own silence. And only on top of what that run knew (``was``):
-- else it gets what there is, to put the two together. What was kept takes the popups along: they are wanted by it.
CREATE FUNCTION smartcall.keep_lookup(
    tenant uuid, call uuid, asker text, was bytea, answers bytea, is_done boolean, as_of timestamptz, due timestamptz, entry uuid,
    taker uuid, until timestamptz,
    OUT kept boolean, OUT present bytea, OUT popups smartcall.popup[], OUT scene smartcall.scene
) LANGUAGE plpgsql AS $$
DECLARE
    taken record;
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);  -- after a crash they are asked again
    SELECT c.lookup_sealed INTO present FROM smartcall.call c
    WHERE c.call_id = call AND c.lookup_lease = asker FOR NO KEY UPDATE;
    IF NOT FOUND OR present IS DISTINCT FROM was THEN
        kept := CASE WHEN FOUND THEN false END;
        RETURN;
    END IF;
    UPDATE smartcall.call c SET
        lookup_sealed = answers,
        lookup_state = CASE WHEN is_done THEN 'done' ELSE c.lookup_state END,
        lookup_lease_until = CASE WHEN is_done THEN NULL ELSE c.lookup_lease_until END,
        lookup_starts = CASE WHEN is_done THEN 0 ELSE c.lookup_starts END,
        toast_at = LEAST(c.toast_at, as_of)
    WHERE c.call_id = call;
    UPDATE smartcall.popup p SET wanted = p.wanted + 1, attempts = 0, due_at = due WHERE p.call_id = call;
    IF is_done THEN
        PERFORM smartcall.want_journal(call, entry, as_of);
    END IF;
    SELECT t.popups, t.scene FROM smartcall.take_popups(tenant, call, taker, until, as_of) t INTO taken;
    popups := taken.popups;
    scene := taken.scene;
    kept := true;
END $$;

-- A record to be made in a CRM, when it is free to take.
CREATE FUNCTION smartcall.take_creation(tenant uuid, call uuid, taker uuid, until timestamptz, as_of timestamptz)
RETURNS TABLE (connection_id uuid, draft_sealed bytea, attempts integer, starts integer) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant), set_config('synchronous_commit', 'off', true);
    RETURN QUERY UPDATE smartcall.creation w SET lease = taker, lease_until = until, due_at = until, starts = w.starts + 1
        WHERE w.call_id = call AND (w.lease IS NULL OR w.lease_until <= as_of) AND (w.attempts = 0 OR w.due_at <= as_of)
        RETURNING w.connection_id, w.draft_sealed, w.attempts, w.starts;
END $$;

-- An entry was written, as it was wanted when it was taken; the cards tell.
CREATE FUNCTION smartcall.note_written(
    tenant uuid, call uuid, journal uuid, taker uuid, answered integer, source uuid, record bytea, as_of timestamptz,
    due timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM smartcall.enter(tenant);
    PERFORM FROM smartcall.call c WHERE c.call_id = call FOR NO KEY UPDATE;
    UPDATE smartcall.journal j SET
        written = GREATEST(j.written, answered), connection_id = source, record_sealed = record, attempts = 0, starts = 0,
        lease = NULL, lease_until = NULL, due_at = CASE WHEN j.wanted > answered THEN as_of END
    WHERE j.journal_id = journal AND j.lease = taker;
    UPDATE smartcall.popup p SET wanted = p.wanted + 1, attempts = 0, due_at = due WHERE p.call_id = call;
    PERFORM queue.ring('cards', tenant, call);
END $$;
