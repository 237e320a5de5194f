-- Version 2: the rules of `record.rs`, a function for each operation of the store, so that each is one
-- round trip. Run with `search_path` at the store's own schema.
--
-- What is called from outside is SECURITY DEFINER: a role needs EXECUTE, and nothing on the tables.
--
-- Locks, always taken in this order, so that nobody waits in a circle: the operation, its business
-- key, its meters by their lock's number. The time is read behind the last lock. Each of the first two
-- has a gate in front of it, which is shared among those who wait for the lock, and closed by a
-- transaction of a tool's body: behind it nobody waits, because nobody can tell for how long.

CREATE TYPE wish AS (
    operation   bytea,
    principal   bytea,
    fingerprint bytea,
    owner       bytea,
    business    bytea,
    lease       bigint,
    retake      boolean
);

-- What a claim is answered. `verdict` is one of: free, own, retake (granted all three); in_flight,
-- recorded, unknown, conflict, expired, already_done, over_budget. `operation`, `epoch` and `owner` are
-- those of the record that decided.
CREATE TYPE answer AS (
    verdict      text,
    operation    bytea,
    epoch        bigint,
    owner        bytea,
    rest         bigint,
    reply        bytea,
    is_error     boolean,
    recorded_at  bigint,
    duplicate_of bytea,
    place        bigint,
    -- The transaction that the claim was made in.
    inside       text
);

-- The record of an operation, as it is handed out.
CREATE TYPE seen AS (
    operation    bytea,
    principal    bytea,
    tool         text,
    fingerprint  bytea,
    business     bytea,
    arguments    bytea,
    epoch        bigint,
    owner        bytea,
    retaken      boolean,
    claimed_at   bigint,
    state        text,
    lease_until  bigint,
    tentative    boolean,
    since        bigint,
    reply        bytea,
    is_error     boolean,
    acted        boolean,
    ended_at     bigint,
    retain_until bigint,
    forget_at    bigint,
    meters       bytea[],
    amounts      bigint[],
    spans        bigint[],
    read_at      bigint
);

-- The time: a test's, or the server's.
CREATE FUNCTION time_now(given bigint) RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) $$;

CREATE FUNCTION later(moment bigint, span bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN moment > 9223372036854775807 - span THEN 9223372036854775807
        ELSE moment + span END
$$;

CREATE FUNCTION is_forgotten(had operation, moment bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE had.state
        WHEN 'recorded' THEN moment >= had.forget_at
        WHEN 'released' THEN moment >= had.forget_at
        WHEN 'claimed' THEN had.tentative AND moment >= had.lease_until
        ELSE false
    END
$$;

CREATE FUNCTION is_unknown(had operation, moment bigint) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE had.state
        WHEN 'claimed' THEN NOT had.tentative AND moment >= had.lease_until
        WHEN 'unknown' THEN true
        ELSE false
    END
$$;

-- Sees to it that what the transaction does survives a crash, and that it can be decided right.
CREATE FUNCTION be_durable() RETURNS void LANGUAGE plpgsql
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

CREATE FUNCTION lock_number(kind text, id bytea) RETURNS bigint LANGUAGE sql STABLE
AS $$
    SELECT hashtextextended(format('mcp_guard %s %s %s', current_schema(), kind, encode(id, 'hex')), 0)
$$;

-- Takes the lock of an operation or a business key until the transaction's end. False: its gate is
-- closed. `mode` is `look` (no lock), `claim`, or `transaction`, which closes the gate.
CREATE FUNCTION reach(kind text, id bytea, mode text) RETURNS boolean LANGUAGE plpgsql
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

CREATE FUNCTION lock_meters(meters bytea[]) RETURNS void LANGUAGE plpgsql
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

-- How a record that is not forgotten stands to a claim.
CREATE FUNCTION stands(had operation, wish wish, moment bigint, mode text) RETURNS answer
LANGUAGE plpgsql
AS $$
DECLARE
    said answer;
BEGIN
    said.operation := had.operation;
    said.epoch := had.epoch;
    said.owner := had.owner;
    said.verdict := CASE
        -- A claim in a transaction is seen by others only when its body has committed by itself: it
        -- must not run again.
        WHEN mode <> 'transaction' AND had.owner = wish.owner AND had.state = 'claimed'
            AND NOT is_unknown(had, moment) THEN 'own'
        WHEN had.fingerprint <> wish.fingerprint THEN 'conflict'
        WHEN is_unknown(had, moment) AND wish.retake THEN 'retake'
        WHEN is_unknown(had, moment) THEN 'unknown'
        WHEN had.state = 'recorded' AND moment < had.retain_until AND had.reply IS NOT NULL
            THEN 'recorded'
        WHEN had.state = 'recorded' THEN 'expired'
        WHEN had.state = 'claimed' THEN 'in_flight'
        ELSE 'free'
    END;
    IF said.verdict = 'in_flight' THEN
        said.rest := had.lease_until - moment;
    ELSIF said.verdict = 'recorded' THEN
        said.reply := had.reply;
        said.is_error := had.is_error;
        said.recorded_at := had.ended_at;
    END IF;
    RETURN said;
END
$$;

-- How the operation that holds the business key stands to the claim of another one.
CREATE FUNCTION stands_beside(had operation, wish wish, moment bigint, mode text) RETURNS answer
LANGUAGE plpgsql
AS $$
DECLARE
    said    answer  := stands(had, wish, moment, mode);
    another boolean := had.principal <> wish.principal;
BEGIN
    IF said.verdict = 'expired' OR (said.verdict = 'recorded' AND another) THEN
        said.verdict := 'already_done';
        said.reply := NULL;
    ELSIF said.verdict = 'recorded' THEN
        said.duplicate_of := had.operation;
    ELSIF said.verdict = 'retake' AND another THEN
        -- Another's operation is theirs to repeat.
        said.verdict := 'unknown';
    END IF;
    RETURN said;
END
$$;

-- Somebody's transaction is at it. For how long, nobody can tell.
CREATE FUNCTION behind_gate(wish wish) RETURNS answer LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    said answer;
BEGIN
    said.verdict := 'in_flight';
    said.rest := least(wish.lease, 1000);
    RETURN said;
END
$$;

-- How an operation stands, behind its locks. Budgets are not looked at.
CREATE FUNCTION decide(wish wish, mode text, given bigint) RETURNS answer LANGUAGE plpgsql
AS $$
DECLARE
    had        operation;
    said       answer;
    moment     bigint;
    last_epoch bigint := 0;
BEGIN
    IF NOT reach('operation', wish.operation, mode) THEN
        RETURN behind_gate(wish);
    END IF;
    SELECT * INTO had FROM operation o WHERE o.operation = wish.operation;
    moment := time_now(given);
    IF FOUND AND NOT is_forgotten(had, moment) THEN
        said := stands(had, wish, moment, mode);
        IF said.verdict <> 'free' THEN
            RETURN said;
        END IF;
        last_epoch := had.epoch;
    END IF;
    IF wish.business IS NOT NULL THEN
        IF NOT reach('business key', wish.business, mode) THEN
            RETURN behind_gate(wish);
        END IF;
        SELECT * INTO had FROM operation o
            WHERE o.business = wish.business AND o.holds AND o.operation <> wish.operation;
        moment := time_now(given);
        IF FOUND AND NOT is_forgotten(had, moment) THEN
            said := stands_beside(had, wish, moment, mode);
            IF said.verdict = 'retake' AND NOT reach('operation', had.operation,
                    CASE mode WHEN 'claim' THEN 'look' ELSE mode END) THEN
                RETURN behind_gate(wish);
            END IF;
            IF said.verdict <> 'free' THEN
                RETURN said;
            END IF;
        END IF;
    END IF;
    said := NULL;
    said.verdict := 'free';
    said.operation := wish.operation;
    said.epoch := last_epoch;
    said.owner := wish.owner;
    RETURN said;
END
$$;

-- The first of these budgets that the claim would exceed, counted from 0. Behind the meters' locks.
CREATE FUNCTION over_budget(
    claimed bytea, meters bytea[], amounts bigint[], caps bigint[], moment bigint
) RETURNS bigint LANGUAGE sql VOLATILE
AS $$
    SELECT wanted.place - 1
    FROM unnest(meters, amounts, caps) WITH ORDINALITY AS wanted (meter, amount, cap, place)
    WHERE wanted.amount + (
        SELECT coalesce(sum(r.amount), 0) FROM reservation r
        WHERE r.meter = wanted.meter AND r.counts_until > moment AND r.operation <> claimed
    ) > wanted.cap
    ORDER BY wanted.place LIMIT 1
$$;

-- `record::on_claim`.
CREATE FUNCTION claim(
    mode text, operation_ bytea, principal_ bytea, fingerprint_ bytea, owner_ bytea, tool_ text,
    lease_ bigint, retake_ boolean, tentative_ boolean, business_ bytea, arguments_ bytea,
    meters_ bytea[], amounts_ bigint[], caps_ bigint[], spans_ bigint[], given bigint
) RETURNS answer LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    wish   wish := (operation_, principal_, fingerprint_, owner_, business_, lease_, retake_);
    said   answer;
    moment bigint;
BEGIN
    PERFORM be_durable();
    said := decide(wish, mode, given);
    IF said.verdict NOT IN ('free', 'retake') THEN
        RETURN said;
    END IF;
    IF mode = 'transaction' THEN
        said.inside := pg_current_xact_id()::text;
    END IF;
    moment := time_now(given);

    IF said.verdict = 'retake' THEN
        -- What the first attempt took of budgets and business key stays with the operation.
        UPDATE operation o
        SET epoch = o.epoch + 1, owner = owner_, retaken = true, claimed_at = moment,
            state = 'claimed', lease_until = later(moment, lease_), tentative = false, since = NULL
        WHERE o.operation = said.operation AND o.epoch = said.epoch AND o.owner = said.owner
            AND is_unknown(o, moment);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the operation has moved on' USING ERRCODE = 'serialization_failure';
        END IF;
        said.epoch := said.epoch + 1;
        said.owner := owner_;
        RETURN said;
    END IF;

    IF cardinality(meters_) > 0 THEN
        PERFORM lock_meters(meters_);
        moment := time_now(given);
        said.place := over_budget(operation_, meters_, amounts_, caps_, moment);
        IF said.place IS NOT NULL THEN
            said.verdict := 'over_budget';
            RETURN said;
        END IF;
    END IF;
    -- What is forgotten holds its business key in the index until somebody else wants it.
    UPDATE operation o SET holds = false
        WHERE o.business = business_ AND o.holds AND is_forgotten(o, moment);
    DELETE FROM operation o WHERE o.operation = operation_;
    said.epoch := said.epoch + 1;
    INSERT INTO operation (operation, principal, tool, fingerprint, business, arguments, epoch, owner,
            retaken, claimed_at, state, lease_until, tentative, holds)
        VALUES (operation_, principal_, tool_, fingerprint_, business_, arguments_, said.epoch, owner_,
            false, moment, 'claimed', later(moment, lease_), tentative_, true);
    INSERT INTO reservation (operation, place, meter, amount, span, counts_until)
        SELECT operation_, wanted.place, wanted.meter, wanted.amount, wanted.span,
            CASE WHEN tentative_ THEN later(moment, lease_) ELSE 9223372036854775807 END
        FROM unnest(meters_, amounts_, spans_) WITH ORDINALITY AS wanted (meter, amount, span, place);
    RETURN said;
END
$$;

-- `record::on_recall`. The verdicts free, own and retake mean that a claim would be granted.
CREATE FUNCTION recall(
    operation_ bytea, principal_ bytea, fingerprint_ bytea, owner_ bytea, lease_ bigint,
    retake_ boolean, business_ bytea, given bigint
) RETURNS answer LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN decide(
        (operation_, principal_, fingerprint_, owner_, business_, lease_, retake_)::wish,
        'look', given);
END
$$;

-- The record, if it is at this attempt, behind every lock that a write to it needs: while a claim is
-- tentative, others may take its business key and its budgets when its time has come.
CREATE FUNCTION at_attempt(operation_ bytea, epoch_ bigint, owner_ bytea, locked boolean)
RETURNS operation LANGUAGE plpgsql
AS $$
DECLARE
    had operation;
BEGIN
    PERFORM be_durable();
    IF NOT locked THEN
        PERFORM pg_advisory_xact_lock(lock_number('operation', operation_));
    END IF;
    SELECT * INTO had FROM operation o
        WHERE o.operation = operation_ AND o.epoch = epoch_ AND o.owner = owner_;
    IF NOT locked AND had.tentative THEN
        IF had.business IS NOT NULL THEN
            PERFORM pg_advisory_xact_lock(lock_number('business key', had.business));
        END IF;
        PERFORM lock_meters(array(
            SELECT r.meter FROM reservation r WHERE r.operation = operation_));
    END IF;
    RETURN had;
END
$$;

-- Writes the state of a record that is still at its attempt, and what follows from it. False: it has
-- been taken over meanwhile.
CREATE FUNCTION keep(now_ operation) RETURNS boolean LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE operation o
    SET arguments = now_.arguments, state = now_.state, lease_until = now_.lease_until,
        tentative = now_.tentative, since = now_.since, reply = now_.reply,
        is_error = now_.is_error, acted = now_.acted, ended_at = now_.ended_at,
        retain_until = now_.retain_until, forget_at = now_.forget_at,
        holds = now_.state IN ('claimed', 'unknown') OR (now_.state = 'recorded' AND now_.acted)
    WHERE o.operation = now_.operation AND o.epoch = now_.epoch AND o.owner = now_.owner;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE reservation r
    SET counts_until = CASE
        WHEN now_.state = 'claimed' AND now_.tentative THEN now_.lease_until
        WHEN now_.state IN ('claimed', 'unknown') THEN 9223372036854775807
        WHEN now_.state = 'recorded' AND now_.acted THEN later(now_.ended_at, r.span)
    END
    WHERE r.operation = now_.operation;
    RETURN true;
END
$$;

-- `record::on_renew` and, where it marks the moment before an effect, `record::on_dispatch`.
CREATE FUNCTION extend(
    operation_ bytea, epoch_ bigint, owner_ bytea, lease_ bigint, dispatch boolean, given bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    had    operation := at_attempt(operation_, epoch_, owner_, false);
    moment bigint := time_now(given);
BEGIN
    IF had.state IS DISTINCT FROM 'claimed'
        OR (moment >= had.lease_until AND (dispatch OR had.tentative)) THEN
        RETURN false;
    END IF;
    had.lease_until := later(moment, lease_);
    had.tentative := had.tentative AND NOT dispatch;
    RETURN keep(had);
END
$$;

-- Whether a settlement is the one that the record has already: its acknowledgement was lost.
CREATE FUNCTION says_the_same(
    had operation, kind text, reply_ bytea, is_error_ boolean, acted_ boolean
) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$
    SELECT had.state = kind AND CASE kind
        WHEN 'released' THEN true
        WHEN 'recorded' THEN
            coalesce(had.reply = reply_ AND had.is_error = is_error_ AND had.acted = acted_, false)
        ELSE false
    END
$$;

CREATE FUNCTION settled(
    had operation, kind text, reply_ bytea, is_error_ boolean, acted_ boolean, retain_ bigint,
    tombstone_ bigint, moment bigint
) RETURNS operation LANGUAGE plpgsql
AS $$
BEGIN
    had.state := kind;
    had.lease_until := NULL;
    had.tentative := NULL;
    had.since := NULL;
    IF kind = 'unknown' THEN
        had.since := moment;
        RETURN had;
    END IF;
    -- Nobody reconciles what has ended.
    had.arguments := NULL;
    had.reply := reply_;
    had.is_error := is_error_;
    had.acted := acted_;
    had.ended_at := moment;
    had.retain_until := later(moment, retain_);
    had.forget_at := later(had.retain_until, tombstone_);
    IF acted_ THEN
        -- What was spent is not forgotten before it stops to count.
        had.forget_at := greatest(had.forget_at, (
            SELECT max(later(moment, r.span)) FROM reservation r WHERE r.operation = had.operation));
    END IF;
    RETURN had;
END
$$;

-- `record::on_settle`. Inside a transaction, its locks are held since the claim.
CREATE FUNCTION settle_record(
    operation_ bytea, epoch_ bigint, owner_ bytea, kind text, reply_ bytea, is_error_ boolean,
    acted_ boolean, retain_ bigint, tombstone_ bigint, given bigint, locked boolean
) RETURNS boolean LANGUAGE plpgsql
AS $$
DECLARE
    had    operation := at_attempt(operation_, epoch_, owner_, locked);
    moment bigint := time_now(given);
BEGIN
    IF had.operation IS NULL OR (had.state = 'claimed' AND is_forgotten(had, moment)) THEN
        RETURN false;
    END IF;
    -- An attempt that carries an operation out again knows of itself alone.
    IF had.retaken AND kind = 'recorded' THEN
        acted_ := true;
    ELSIF had.retaken THEN
        kind := 'unknown';
    END IF;
    IF had.state = 'unknown' AND kind = 'unknown' THEN
        RETURN true;
    ELSIF had.state IN ('claimed', 'unknown') THEN
        RETURN keep(
            settled(had, kind, reply_, is_error_, acted_, retain_, tombstone_, moment));
    END IF;
    RETURN says_the_same(had, kind, reply_, is_error_, acted_);
END
$$;

CREATE FUNCTION settle(
    operation_ bytea, epoch_ bigint, owner_ bytea, kind text, reply_ bytea, is_error_ boolean,
    acted_ boolean, retain_ bigint, tombstone_ bigint, given bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN settle_record(operation_, epoch_, owner_, kind, reply_, is_error_, acted_, retain_,
        tombstone_, given, false);
END
$$;

-- `record::on_resolve`.
CREATE FUNCTION resolve(
    operation_ bytea, epoch_ bigint, owner_ bytea, kind text, reply_ bytea, is_error_ boolean,
    acted_ boolean, retain_ bigint, tombstone_ bigint, given bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    had    operation := at_attempt(operation_, epoch_, owner_, false);
    moment bigint := time_now(given);
BEGIN
    IF had.operation IS NULL OR kind = 'unknown' THEN
        RETURN false;
    ELSIF is_unknown(had, moment) THEN
        RETURN keep(
            settled(had, kind, reply_, is_error_, acted_, retain_, tombstone_, moment));
    END IF;
    RETURN says_the_same(had, kind, reply_, is_error_, acted_);
END
$$;

-- Refuses to go on in another transaction than the one that a claim was made in.
CREATE FUNCTION stay_inside(inside text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF pg_current_xact_id_if_assigned()::text IS DISTINCT FROM inside THEN
        RAISE EXCEPTION 'the transaction of the claim was ended by the tool' USING ERRCODE = 'MG001';
    END IF;
END
$$;

-- Settles in the transaction that the claim was made in, or fails it.
CREATE FUNCTION settle_inside(
    operation_ bytea, epoch_ bigint, owner_ bytea, kind text, reply_ bytea, is_error_ boolean,
    acted_ boolean, retain_ bigint, tombstone_ bigint, given bigint, inside text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM stay_inside(inside);
    IF NOT settle_record(operation_, epoch_, owner_, kind, reply_, is_error_, acted_, retain_,
            tombstone_, given, true) THEN
        RAISE EXCEPTION 'the claim is not in its transaction' USING ERRCODE = 'MG002';
    END IF;
END
$$;

CREATE FUNCTION see(had operation, moment bigint) RETURNS seen LANGUAGE sql STABLE
AS $$
    SELECT had.operation, had.principal, had.tool, had.fingerprint, had.business, had.arguments,
        had.epoch, had.owner, had.retaken, had.claimed_at, had.state, had.lease_until, had.tentative, had.since,
        had.reply, had.is_error, had.acted, had.ended_at, had.retain_until, had.forget_at,
        array(SELECT meter FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        array(SELECT amount FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        array(SELECT span FROM reservation r WHERE r.operation = had.operation ORDER BY place),
        moment
$$;

CREATE FUNCTION inspect(operation_ bytea, given bigint) RETURNS SETOF seen
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    moment bigint := time_now(given);
BEGIN
    RETURN QUERY SELECT s.* FROM operation o CROSS JOIN LATERAL see(o, moment) AS s
        WHERE o.operation = operation_ AND NOT is_forgotten(o, moment);
END
$$;

CREATE FUNCTION unresolved(behind bytea, most bigint, given bigint) RETURNS SETOF seen
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
CREATE FUNCTION secret(candidate bytea) RETURNS bytea
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
CREATE FUNCTION sweep(most bigint, given bigint) RETURNS boolean
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
