-- Payments. Orders get the states that money brings them to, and lines say when they take their
-- pieces; a CHECK cannot be changed, so both tables are made anew. The old ones are renamed first
-- and dropped with their references.

DROP INDEX orders_held;
DROP INDEX orders_by_show;
ALTER TABLE order_lines RENAME TO order_lines_unpaid;
ALTER TABLE orders RENAME TO orders_unpaid;

CREATE TABLE orders (
    id              TEXT    NOT NULL PRIMARY KEY,
    merchant        TEXT    NOT NULL REFERENCES merchants (id),
    show            TEXT    NOT NULL,
    currency        TEXT    NOT NULL,
    country         TEXT,
    shipping_minor  INTEGER NOT NULL CHECK (shipping_minor >= 0),
    total_minor     INTEGER NOT NULL CHECK (total_minor >= shipping_minor),
    state           TEXT    NOT NULL
                    CHECK (state IN ('reserved', 'pending', 'confirmed', 'paid', 'refunding',
                                     'refunded', 'cancelled', 'expired')),
    expires_ms      INTEGER NOT NULL,
    created_ms      INTEGER NOT NULL,
    changed_ms      INTEGER NOT NULL,
    buyer           TEXT    NOT NULL,    -- participant id of the grant
    idempotency_key TEXT    NOT NULL,
    request_hash    BLOB    NOT NULL,
    name            TEXT,                -- personal data from here on
    contact         TEXT,
    address         TEXT,
    CHECK (state NOT IN ('pending', 'confirmed', 'paid')
           OR (name IS NOT NULL AND contact IS NOT NULL)),
    -- The same row is the order and the memory of its key: both are there or neither is.
    UNIQUE (buyer, idempotency_key)
) STRICT;

CREATE INDEX orders_held ON orders (expires_ms) WHERE state IN ('reserved', 'pending');
CREATE INDEX orders_by_show ON orders (show, created_ms);

CREATE TABLE order_lines (
    order_id   TEXT    NOT NULL REFERENCES orders (id),
    position   INTEGER NOT NULL,
    variant    TEXT    NOT NULL REFERENCES variants (id),
    product    TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    options    TEXT    NOT NULL,    -- JSON object, as it was then
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    unit_minor INTEGER NOT NULL CHECK (unit_minor >= 0),
    hold_mode  TEXT    NOT NULL DEFAULT 'hold'    -- as it was then
               CHECK (hold_mode IN ('hold', 'first_paid')),
    PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO orders
    SELECT id, merchant, show, currency, country, shipping_minor, total_minor, state, expires_ms,
           created_ms, changed_ms, buyer, idempotency_key, request_hash, name, contact, address
    FROM orders_unpaid;
-- All of them held their pieces, whatever their product said.
INSERT INTO order_lines
    SELECT order_id, position, variant, product, title, options, quantity, unit_minor, 'hold'
    FROM order_lines_unpaid;
DROP TABLE order_lines_unpaid;
DROP TABLE orders_unpaid;

-- Money that the payment provider took. It pays its order, or is owed back until it went back.
CREATE TABLE payments (
    id       TEXT    NOT NULL PRIMARY KEY,    -- the provider's
    order_id TEXT    NOT NULL REFERENCES orders (id),
    minor    INTEGER NOT NULL,
    currency TEXT    NOT NULL,
    standing TEXT    NOT NULL CHECK (standing IN ('kept', 'owed', 'refunded')),
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX payments_owed ON payments (at_ms) WHERE standing = 'owed';

-- The provider's events that were taken, so that each is taken once.
CREATE TABLE payment_events (
    id    TEXT    NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
