-- Work that would cost several round trips while a phone rings.

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
    PERFORM set_config('smartcall.tenant', tenant::text, true);
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
