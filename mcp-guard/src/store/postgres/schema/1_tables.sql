-- Version 1: what is kept. Run with `search_path` at the store's own schema.
--
-- Times are milliseconds since the Unix epoch, durations are milliseconds, ids are SHA-256 digests.

CREATE TABLE migration (
    version    bigint      PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE secret (
    id    boolean PRIMARY KEY DEFAULT true CHECK (id),
    value bytea   NOT NULL CHECK (octet_length(value) = 32)
);

-- One record for each operation.
CREATE TABLE operation (
    operation    bytea   PRIMARY KEY,
    principal    bytea   NOT NULL,
    tool         text    NOT NULL,
    fingerprint  bytea   NOT NULL,
    business     bytea,
    arguments    bytea,
    epoch        bigint  NOT NULL,
    owner        bytea   NOT NULL,
    retaken      boolean NOT NULL,
    claimed_at   bigint  NOT NULL,
    state        text    NOT NULL,
    -- claimed
    lease_until  bigint,
    tentative    boolean,
    -- unknown
    since        bigint,
    -- recorded; the reply is dropped when it can no longer be replayed
    reply        bytea,
    is_error     boolean,
    acted        boolean,
    -- recorded, released
    ended_at     bigint,
    retain_until bigint,
    forget_at    bigint,
    -- Whether another operation with the business key is refused, until the record is forgotten.
    holds        boolean NOT NULL,
    CHECK (CASE state
        WHEN 'claimed' THEN num_nulls(lease_until, tentative) = 0
        WHEN 'unknown' THEN num_nulls(since) = 0
        WHEN 'recorded' THEN num_nulls(is_error, acted, ended_at, retain_until, forget_at) = 0
        WHEN 'released' THEN num_nulls(ended_at, retain_until, forget_at) = 0
        ELSE false
    END)
) WITH (fillfactor = 80);

-- The last line of defence: whatever the rules get wrong, two operations with one business key are
-- not carried out.
CREATE UNIQUE INDEX operation_business ON operation (business) WHERE holds AND business IS NOT NULL;
CREATE INDEX operation_unresolved ON operation (operation) WHERE state IN ('claimed', 'unknown');
CREATE INDEX operation_forget_at ON operation (forget_at) WHERE forget_at IS NOT NULL;
CREATE INDEX operation_tentative ON operation (lease_until) WHERE tentative;
CREATE INDEX operation_retain_until ON operation (retain_until) WHERE reply IS NOT NULL;

-- What an operation takes of budgets.
CREATE TABLE reservation (
    operation    bytea    NOT NULL REFERENCES operation ON DELETE CASCADE,
    place        smallint NOT NULL,
    meter        bytea    NOT NULL,
    amount       bigint   NOT NULL,
    span         bigint   NOT NULL,
    -- Until when it counts; null: not at all. It follows from the operation's record.
    counts_until bigint,
    PRIMARY KEY (operation, place)
) WITH (fillfactor = 80);

CREATE INDEX reservation_meter ON reservation (meter, counts_until) INCLUDE (operation, amount)
    WHERE counts_until IS NOT NULL;

-- Which version of all this there is. Every version keeps this function as it is.
CREATE FUNCTION schema_version() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT max(version) FROM migration $$;
