-- Version 2: what the rules take and give. Run with `search_path` at the store's own schema.

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
