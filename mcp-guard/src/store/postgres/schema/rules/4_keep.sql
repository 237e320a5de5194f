-- The rules, continued: what operators see, the secret, the sweep, and who may call all this.

CREATE OR REPLACE FUNCTION see(had operation, moment bigint) RETURNS seen LANGUAGE sql STABLE
AS $$
    SELECT had.operation, had.principal, had.tool, had.fingerprint, had.business, had.arguments,
        had.epoch, had.owner, had.retaken, had.claimed_at, had.state, had.lease_until, had.tentative, had.since,
        had.reply, had.is_error, had.acted, had.ended_at, had.retain_until, had.forget_at,
        array(SELECT meter FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        array(SELECT amount FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        array(SELECT span FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        moment
$$;

CREATE OR REPLACE FUNCTION inspect(operation_ bytea, given bigint) RETURNS SETOF seen
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    moment bigint := time_now(given);
BEGIN
    RETURN QUERY SELECT s.* FROM operation o CROSS JOIN LATERAL see(o, moment) AS s
        WHERE o.operation = operation_ AND NOT is_forgotten(o, moment);
END
$$;

CREATE OR REPLACE FUNCTION unresolved(behind bytea, most bigint, given bigint) RETURNS SETOF seen
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    moment bigint := time_now(given);
BEGIN
    RETURN QUERY SELECT s.* FROM operation o CROSS JOIN LATERAL see(o, moment) AS s
        WHERE o.state IN ('claimed', 'unknown') AND is_unknown(o, moment)
            AND (behind IS NULL OR o.operation > behind)
        ORDER BY o.operation LIMIT most;
END
$$;

-- The deployment's secret: this one, if there is none yet.
CREATE OR REPLACE FUNCTION secret(candidate bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    kept bytea;
BEGIN
    SELECT value INTO kept FROM secret;
    IF NOT FOUND THEN
        PERFORM be_durable();
        -- It waits for whoever else is making one; the next statement sees theirs.
        INSERT INTO secret (value) VALUES (candidate) ON CONFLICT DO NOTHING;
        SELECT value INTO kept FROM secret;
    END IF;
    RETURN kept;
END
$$;

-- Drops what nobody needs to remember, at most `most` of each kind, unless somebody else is at it.
-- Says whether there may be more. What is unknown stays.
CREATE OR REPLACE FUNCTION sweep(most bigint, given bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    moment  bigint := time_now(given);
    gone    bigint;
    expired bigint;
    dropped bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(lock_number('sweep', '')) THEN
        RETURN false;
    END IF;
    DELETE FROM operation WHERE operation IN (
        SELECT o.operation FROM operation o WHERE o.forget_at <= moment
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM operation WHERE operation IN (
        SELECT o.operation FROM operation o WHERE o.tentative AND o.lease_until <= moment
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS expired = ROW_COUNT;
    UPDATE operation SET reply = NULL WHERE operation IN (
        SELECT o.operation FROM operation o WHERE o.reply IS NOT NULL AND o.retain_until <= moment
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN greatest(gone, expired, dropped) >= most;
END
$$;

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', current_schema());
END
$$;
