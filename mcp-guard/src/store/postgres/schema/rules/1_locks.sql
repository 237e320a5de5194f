-- The rules of `store/record/`, a function for each operation of the store, so that each is one round
-- trip. They replace those of an earlier version. Run with `search_path` at the store's own schema.
--
-- What is called from outside is SECURITY DEFINER: a role needs EXECUTE, and nothing on the tables.
--
-- Here: time, locks, and what a record says of itself.
--
-- Locks are always taken in this order, so that nobody waits in a circle: the operation, its business
-- key, its meters by their lock's number. The time is read behind the last lock. Each of the first two
-- has a gate in front of it, which is shared among those who wait for the lock, and closed by a
-- transaction of a tool's body: behind it nobody waits, because nobody can tell for how long.

-- The time: a test's, or the server's.
CREATE OR REPLACE FUNCTION time_now(given bigint) RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) $$;

CREATE OR REPLACE FUNCTION later(moment bigint, span bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN moment > 9223372036854775807 - span THEN 9223372036854775807
        ELSE moment + span END
$$;

CREATE OR REPLACE FUNCTION is_forgotten(had operation, moment bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE had.state
        WHEN 'recorded' THEN moment >= had.forget_at
        WHEN 'released' THEN moment >= had.forget_at
        WHEN 'claimed' THEN had.tentative AND moment >= had.lease_until
        ELSE false
    END
$$;

CREATE OR REPLACE FUNCTION is_unknown(had operation, moment bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE had.state
        WHEN 'claimed' THEN NOT had.tentative AND moment >= had.lease_until
        WHEN 'unknown' THEN true
        ELSE false
    END
$$;

-- Sees to it that what the transaction does survives a crash, and that it can be decided right.
CREATE OR REPLACE FUNCTION be_durable() RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    -- A sum under a snapshot from before the lock would miss what was committed since.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the transaction must be at READ COMMITTED' USING ERRCODE = 'MG003';
    END IF;
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION lock_number(kind text, id bytea) RETURNS bigint LANGUAGE sql STABLE
AS $$
    SELECT hashtextextended(format('mcp_guard %s %s %s', current_schema(), kind, encode(id, 'hex')), 0)
$$;

-- Takes the lock of an operation or a business key until the transaction's end. False: its gate is
-- closed. `mode` is `look` (no lock), `claim`, or `transaction`, which closes the gate.
CREATE OR REPLACE FUNCTION reach(kind text, id bytea, mode text) RETURNS boolean LANGUAGE plpgsql
AS $$
DECLARE
    gate  bigint := lock_number(kind || ' gate', id);
    pause double precision := 0.002;
BEGIN
    IF mode = 'transaction' THEN
        -- Others hold it shared for as long as a statement takes. It is worth waiting for those, and
        -- not for a transaction.
        WHILE NOT pg_try_advisory_xact_lock(gate) LOOP
            IF pause > 0.05 THEN
                RETURN false;
            END IF;
            PERFORM pg_sleep(pause);
            pause := pause * 2;
        END LOOP;
    ELSIF NOT pg_try_advisory_xact_lock_shared(gate) THEN
        RETURN false;
    END IF;
    IF mode <> 'look' THEN
        PERFORM pg_advisory_xact_lock(lock_number(kind, id));
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION lock_meters(meters bytea[]) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE
    number bigint;
BEGIN
    FOR number IN
        SELECT DISTINCT lock_number('meter', meter) FROM unnest(meters) AS meter ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(number);
    END LOOP;
END
$$;
