-- Catalogue, stock, shelves and orders. Money is in minor units; times are Unix milliseconds.

CREATE TABLE products (
    id               TEXT    NOT NULL PRIMARY KEY,
    title            TEXT    NOT NULL,
    description      TEXT    NOT NULL,
    images           TEXT    NOT NULL,   -- JSON array of URLs
    translations     TEXT    NOT NULL,   -- JSON object: BCP 47 tag -> title
    price_minor      INTEGER NOT NULL CHECK (price_minor >= 0),
    compare_at_minor INTEGER CHECK (compare_at_minor > price_minor),
    currency         TEXT    NOT NULL CHECK (length(currency) = 3),
    price_version    INTEGER NOT NULL    -- grows with every change of the price
) STRICT;

-- Apart from products, because this is the row that a sale changes.
CREATE TABLE stock (
    product TEXT    NOT NULL PRIMARY KEY REFERENCES products (id),
    total   INTEGER NOT NULL CHECK (total >= 0),
    held    INTEGER NOT NULL CHECK (held >= 0),
    sold    INTEGER NOT NULL CHECK (sold >= 0),
    -- The law: nothing is sold that is not there, whatever the program believes.
    CHECK (held + sold <= total)
) STRICT, WITHOUT ROWID;

CREATE TABLE shelf (
    show     TEXT    NOT NULL,
    product  TEXT    NOT NULL REFERENCES products (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (show, product)
) STRICT, WITHOUT ROWID;

CREATE INDEX shelf_by_product ON shelf (product);

CREATE TABLE orders (
    id              TEXT    NOT NULL PRIMARY KEY,
    show            TEXT    NOT NULL,
    product         TEXT    NOT NULL REFERENCES products (id),
    title           TEXT    NOT NULL,
    quantity        INTEGER NOT NULL CHECK (quantity > 0),
    unit_minor      INTEGER NOT NULL CHECK (unit_minor >= 0),
    currency        TEXT    NOT NULL,
    state           TEXT    NOT NULL
                    CHECK (state IN ('reserved', 'confirmed', 'cancelled', 'expired')),
    expires_ms      INTEGER NOT NULL,
    created_ms      INTEGER NOT NULL,
    changed_ms      INTEGER NOT NULL,
    buyer           TEXT    NOT NULL,    -- participant id of the grant
    idempotency_key TEXT    NOT NULL,
    request_hash    BLOB    NOT NULL,
    name            TEXT,                -- personal data from here on
    contact         TEXT,
    address         TEXT,
    CHECK (state <> 'confirmed' OR (name IS NOT NULL AND contact IS NOT NULL)),
    -- The same row is the order and the memory of its key: both are there or neither is.
    UNIQUE (buyer, idempotency_key)
) STRICT;

CREATE INDEX orders_held ON orders (expires_ms) WHERE state = 'reserved';
CREATE INDEX orders_by_show ON orders (show, created_ms);
