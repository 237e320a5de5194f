-- The rules, continued: what is done to a claimed record, fenced by its attempt.

-- The record, if it is at this attempt, behind every lock that a write to it needs: while a claim is
-- tentative, others may take its business key and its budgets when its time has come.
CREATE OR REPLACE FUNCTION at_attempt(operation_ bytea, epoch_ bigint, owner_ bytea, locked boolean)
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
CREATE OR REPLACE FUNCTION keep(now_ operation) RETURNS boolean LANGUAGE plpgsql
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
CREATE OR REPLACE FUNCTION extend(
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
CREATE OR REPLACE FUNCTION says_the_same(
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

CREATE OR REPLACE FUNCTION settled(
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
CREATE OR REPLACE FUNCTION settle_record(
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

CREATE OR REPLACE FUNCTION settle(
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
CREATE OR REPLACE FUNCTION resolve(
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
CREATE OR REPLACE FUNCTION stay_inside(inside text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF pg_current_xact_id_if_assigned()::text IS DISTINCT FROM inside THEN
        RAISE EXCEPTION 'the transaction of the claim was ended by the tool' USING ERRCODE = 'MG001';
    END IF;
END
$$;

-- Settles in the transaction that the claim was made in, or fails it.
CREATE OR REPLACE FUNCTION settle_inside(
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
