-- The rules, continued: claiming, and looking.

-- How a record that is not forgotten stands to a claim.
CREATE OR REPLACE FUNCTION stands(had operation, wish wish, moment bigint, mode text) RETURNS answer
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
CREATE OR REPLACE FUNCTION stands_beside(had operation, wish wish, moment bigint, mode text) RETURNS answer
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

-- How an operation stands to one who finds a gate closed. What is recorded stays as it is until it is
-- forgotten: whoever is behind the gate has found that, and leaves. Anything else is under way; for how
-- long, nobody can tell.
CREATE OR REPLACE FUNCTION stands_at_gate(wish wish, mode text, given bigint) RETURNS answer
LANGUAGE plpgsql
AS $$
DECLARE
    had    operation;
    said   answer;
    moment bigint := time_now(given);
BEGIN
    said.verdict := 'in_flight';
    said.rest := least(wish.lease, 1000);
    SELECT * INTO had FROM operation o WHERE o.operation = wish.operation;
    IF FOUND AND NOT is_forgotten(had, moment) AND had.state <> 'released' THEN
        RETURN CASE WHEN had.state = 'recorded' THEN stands(had, wish, moment, mode) ELSE said END;
    END IF;
    SELECT * INTO had FROM operation o
        WHERE o.business = wish.business AND o.holds AND o.operation <> wish.operation
            AND o.state = 'recorded';
    IF FOUND AND NOT is_forgotten(had, moment) THEN
        RETURN stands_beside(had, wish, moment, mode);
    END IF;
    RETURN said;
END
$$;

-- How an operation stands, behind its locks. Budgets are not looked at.
CREATE OR REPLACE FUNCTION decide(wish wish, mode text, given bigint) RETURNS answer LANGUAGE plpgsql
AS $$
DECLARE
    had        operation;
    own        answer;
    said       answer;
    moment     bigint;
    last_epoch bigint := 0;
BEGIN
    IF NOT reach('operation', wish.operation, mode) THEN
        RETURN stands_at_gate(wish, mode, given);
    END IF;
    SELECT * INTO had FROM operation o WHERE o.operation = wish.operation;
    moment := time_now(given);
    IF FOUND AND NOT is_forgotten(had, moment) THEN
        own := stands(had, wish, moment, mode);
        IF own.verdict NOT IN ('free', 'retake') THEN
            RETURN own;
        END IF;
        last_epoch := had.epoch;
    END IF;
    IF wish.business IS NOT NULL THEN
        IF NOT reach('business key', wish.business, mode) THEN
            RETURN stands_at_gate(wish, mode, given);
        END IF;
        SELECT * INTO had FROM operation o
            WHERE o.business = wish.business AND o.holds AND o.operation <> wish.operation;
        moment := time_now(given);
        IF FOUND AND NOT is_forgotten(had, moment) THEN
            said := stands_beside(had, wish, moment, mode);
            IF own.verdict = 'retake' AND said.verdict IN ('own', 'retake') THEN
                -- Of two that may have acted, neither is carried out again.
                own.verdict := 'unknown';
                RETURN own;
            END IF;
            IF said.verdict = 'retake' AND NOT reach('operation', had.operation,
                    CASE mode WHEN 'claim' THEN 'look' ELSE mode END) THEN
                RETURN stands_at_gate(wish, mode, given);
            END IF;
            IF said.verdict <> 'free' THEN
                RETURN said;
            END IF;
        END IF;
    END IF;
    IF own.verdict = 'retake' THEN
        RETURN own;
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
CREATE OR REPLACE FUNCTION over_budget(
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

-- Removes what the record of a claim takes the place of: the operation's own, and those that
-- `record::Record::gives_way_to` it. A claim of another operation may want one of them gone as well, so
-- their rows are locked in the order of their ids.
CREATE OR REPLACE FUNCTION make_way(claimed bytea, business_ bytea, meters_ bytea[], moment bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM operation WHERE operation IN (
        SELECT o.operation FROM operation o
        WHERE o.operation = ANY (array(
                SELECT claimed
                UNION ALL
                SELECT b.operation FROM operation b WHERE b.business = business_ AND b.holds
                UNION ALL
                SELECT t.operation FROM operation t JOIN reservation r ON r.operation = t.operation
                WHERE t.tentative AND t.lease_until <= moment AND r.meter = ANY (meters_)))
            AND (o.operation = claimed OR is_forgotten(o, moment))
        ORDER BY o.operation FOR UPDATE);
END
$$;

-- `record::on_claim`.
CREATE OR REPLACE FUNCTION claim(
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
    PERFORM make_way(operation_, business_, meters_, moment);
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
CREATE OR REPLACE FUNCTION recall(
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
