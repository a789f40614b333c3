-- What happened to orders, in the order it happened, written with the order itself: an event is
-- there exactly when its order is. No personal data: the order is read when the event is sent.
CREATE TABLE outbox (
    show     TEXT    NOT NULL,
    seq      INTEGER NOT NULL,    -- from 1, without gaps in a show
    state    TEXT    NOT NULL,    -- the order came to it
    order_id TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (show, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook (
    id           TEXT    NOT NULL PRIMARY KEY,
    show         TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    secret       TEXT    NOT NULL,
    old_secret   TEXT,
    old_until_ms INTEGER,
    enabled      INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    taken        INTEGER NOT NULL,    -- events up to here have rows in webhook_delivery
    created_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_by_show ON webhook (show);

CREATE TABLE webhook_delivery (
    webhook  TEXT    NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('owed', 'delivered', 'given_up')),
    tries    INTEGER NOT NULL,
    due_ms   INTEGER,
    status   INTEGER,
    error    TEXT,
    tried_ms INTEGER,
    PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_delivery_owed ON webhook_delivery (webhook, due_ms) WHERE state = 'owed';
