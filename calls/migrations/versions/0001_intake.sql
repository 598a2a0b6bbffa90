-- Taking events in: two questions, whatever the events are.

-- What has to be known before events of a call are stored: whether the connection is another by now than the ``version``
-- that its sender proved itself to (a webhook's), whether the delivery was taken in before, the call they belong to with its events, who answers on the lines they speak of (hashed under every key in force), and whether an employee
-- may have asked for this call. That is only a gate, so its five minutes are more than any request lives unheard of.
CREATE FUNCTION smartcall.approach(
    tenant uuid, connection uuid, refs bytea[], all_refs bytea[], named uuid[], lines bytea[], delivery bytea, as_of timestamptz, version xid,
    OUT outdated boolean, OUT seen boolean, OUT call uuid, OUT bodies bytea[], OUT owners uuid[], OUT owned bytea[], OUT asked boolean,
    OUT settings jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    touched uuid[];
BEGIN
    PERFORM smartcall.enter(tenant);
    outdated := version IS NOT NULL AND NOT EXISTS (
        SELECT FROM smartcall.connection c WHERE c.connection_id = connection AND c.xmin = version AND c.enabled
    );
    IF outdated THEN
        RETURN;
    END IF;
    seen := delivery IS NOT NULL AND EXISTS (
        SELECT FROM smartcall.delivery d WHERE d.connection_id = connection AND d.delivery_hash = delivery
    );
    IF seen THEN
        RETURN;
    END IF;
    SELECT c.call_id, c.started_at, c.touched INTO call, began, touched FROM smartcall.call c
    WHERE c.connection_id = connection AND c.ref_hash = ANY(refs) LIMIT 1;
    bodies := ARRAY(SELECT e.body_sealed FROM smartcall.event e WHERE e.call_id = call);
    SELECT array_agg(l.employee_id), array_agg(l.hash) INTO owners, owned FROM (
        SELECT n.employee_id, n.number_hash AS hash FROM smartcall.line n WHERE n.number_hash = ANY(lines)
        UNION
        SELECT n.employee_id, n.alias_hash FROM smartcall.line n WHERE n.alias_hash = ANY(lines)
    ) l JOIN smartcall.employee p USING (employee_id) WHERE p.active;
    asked := EXISTS (SELECT FROM smartcall.call_request r WHERE r.request_id = ANY(named))
        OR EXISTS (SELECT FROM smartcall.call_request r WHERE r.ref_hash = ANY(all_refs))
        OR EXISTS (
            SELECT FROM smartcall.call_request r
            WHERE r.employee_id = ANY(owners || touched) AND r.created_at > COALESCE(began, as_of) - interval '5 minutes'
        );
    settings := (SELECT t.settings FROM smartcall.tenant t WHERE t.tenant_id = tenant);
END $$;

-- Stores events of a call and everything that follows from them, and rings; or does nothing and answers false, when the
-- call has more events than the ``known`` ones that the caller has folded. The call's row is locked, so that its events
-- are folded one after another. Not its key: whoever changes a popup twice in one transaction has its foreign key checked
-- anew, and would wait for us while we wait for the popup. A new call is opened by its first event; another node may have
-- been faster. A popup for every employee it has touched (a new one, where the employee's own choice ``preference``
-- lets it pop up, else ``usually``; or a raised one), and its journal (``entry``: a new one's id) once it is over. The
-- lookup is wanted once: what the sources have answered stays. toast_at only ever comes nearer. An outgoing call, which the
-- employee ``maker`` makes, is looked up and journaled as ``preference`` and ``usually`` have it. ``number_choices`` are
-- the hashes by which it is remembered who is meant by the number outside.
CREATE FUNCTION smartcall.settle(
    tenant uuid, connection uuid, call uuid, ref bytea, known integer,
    hashes bytea[], times timestamptz[], sealed bytea[], delivery bytea, as_of timestamptz,
    now_state text, ended timestamptz, silent_at timestamptz, wish text, parent bytea, toast timestamptz, due timestamptz,
    employees uuid[], people uuid[], popups uuid[], entry uuid, preference text, usually boolean,
    requested boolean, maker uuid, number_choices bytea[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    shown integer;
BEGIN
    PERFORM smartcall.enter(tenant);
    IF known = 0 THEN
        INSERT INTO smartcall.call (tenant_id, call_id, connection_id, ref_hash, started_at, toast_at)
        VALUES (tenant, call, connection, ref, times[1], times[1]) ON CONFLICT DO NOTHING;
    ELSE
        PERFORM FROM smartcall.call c WHERE c.call_id = call FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND OR (SELECT count(*) FROM smartcall.event e WHERE e.call_id = call) <> known THEN
        RETURN false;
    END IF;
    IF preference = 'journal_outgoing' AND NOT COALESCE(
        (SELECT e.preferences->>preference <> 'never' FROM smartcall.employee e WHERE e.employee_id = maker), usually
    ) THEN
        wish := 'none';
        entry := NULL;
    END IF;
    IF delivery IS NOT NULL THEN
        INSERT INTO smartcall.delivery (tenant_id, connection_id, delivery_hash, received_at)
        VALUES (tenant, connection, delivery, as_of) ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO smartcall.event (tenant_id, call_id, event_hash, received_at, body_sealed)
    SELECT tenant, call, t.* FROM unnest(hashes, times, sealed) t ON CONFLICT DO NOTHING;
    INSERT INTO smartcall.popup AS p (tenant_id, call_id, employee_id, popup_id, due_at)
    SELECT tenant, call, t.employee_id, t.popup_id, due FROM unnest(people, popups) AS t (employee_id, popup_id)
    WHERE COALESCE(
        (SELECT (e.preferences->>preference)::boolean FROM smartcall.employee e WHERE e.employee_id = t.employee_id), usually
    ) OR EXISTS (SELECT FROM smartcall.popup o WHERE o.call_id = call AND o.employee_id = t.employee_id)
    ON CONFLICT (tenant_id, call_id, employee_id) DO UPDATE SET wanted = p.wanted + 1, attempts = 0, due_at = due;
    GET DIAGNOSTICS shown = ROW_COUNT;
    UPDATE smartcall.call c SET
        state = now_state, ended_at = ended, stale_at = silent_at, touched = employees,
        parent_hash = COALESCE(parent, c.parent_hash), choice_hashes = number_choices,
        kept = c.kept OR shown > 0 OR entry IS NOT NULL,
        lookup_state = CASE WHEN c.lookup_state = 'none' THEN wish ELSE c.lookup_state END,
        lookup_lease_until = CASE WHEN c.lookup_state = 'none' THEN due ELSE c.lookup_lease_until END,
        toast_at = CASE WHEN c.lookup_state = 'none' THEN toast ELSE c.toast_at END
    WHERE c.call_id = call;
    IF requested THEN  -- it may have been on a screen before it was known for what it is
        UPDATE smartcall.popup p SET wanted = p.wanted + 1, attempts = 0, due_at = due WHERE p.call_id = call;
    END IF;
    PERFORM queue.ring('cards', tenant, call);
    IF entry IS NOT NULL THEN
        INSERT INTO smartcall.journal AS j (tenant_id, call_id, journal_id, due_at) VALUES (tenant, call, entry, due)
        ON CONFLICT (tenant_id, call_id) DO UPDATE SET wanted = j.wanted + 1, attempts = 0, due_at = due, parked = NULL;
        PERFORM queue.ring('journal', tenant, call);
    END IF;
    RETURN true;
END $$;
