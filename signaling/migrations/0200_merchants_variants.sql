-- Merchants; variants as what is sold, priced in several currencies; orders of several lines.
-- What is in the tables already belongs to the default merchant, one variant a product.

CREATE TABLE merchants (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO merchants (id, name) VALUES ('default', 'Default');

-- Who sells in a show. A show without a row is the default merchant's.
CREATE TABLE show_merchants (
    show     TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL REFERENCES merchants (id)
) STRICT, WITHOUT ROWID;

-- `owner` lets hosts of `seller` put its products on their shelves.
CREATE TABLE consents (
    owner  TEXT NOT NULL REFERENCES merchants (id),
    seller TEXT NOT NULL REFERENCES merchants (id),
    PRIMARY KEY (owner, seller)
) STRICT, WITHOUT ROWID;

-- A merchant without a zone charges nothing and asks for no country; one with zones sends only
-- to the countries in them.
CREATE TABLE shipping_zones (
    merchant        TEXT    NOT NULL REFERENCES merchants (id),
    position        INTEGER NOT NULL,
    countries       TEXT    NOT NULL,   -- JSON array of ISO 3166-1 alpha-2 codes; "*" is any other
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    minor           INTEGER NOT NULL CHECK (minor >= 0),
    free_from_minor INTEGER CHECK (free_from_minor >= 0),
    PRIMARY KEY (merchant, position)
) STRICT, WITHOUT ROWID;

-- The columns of an ALTER cannot name a table while rows refer to it: the default merchant is
-- there, and the store makes merchants before their products.
ALTER TABLE products ADD COLUMN merchant TEXT NOT NULL DEFAULT 'default';
ALTER TABLE products ADD COLUMN descriptions TEXT NOT NULL DEFAULT '{}';  -- JSON: tag -> description
ALTER TABLE products ADD COLUMN hold_mode TEXT NOT NULL DEFAULT 'hold'
    CHECK (hold_mode IN ('hold', 'first_paid'));

CREATE TABLE variants (
    id            TEXT    NOT NULL PRIMARY KEY,     -- the SKU
    product       TEXT    NOT NULL REFERENCES products (id),
    position      INTEGER NOT NULL,
    options       TEXT    NOT NULL,                 -- JSON object: {"size": "M"}
    min_quantity  INTEGER NOT NULL CHECK (min_quantity >= 1),
    price_version INTEGER NOT NULL,                 -- grows with any change of its terms
    active        INTEGER NOT NULL CHECK (active IN (0, 1)) -- 0: taken out of the catalogue
) STRICT;

CREATE INDEX variants_by_product ON variants (product);

CREATE TABLE prices (
    variant          TEXT    NOT NULL REFERENCES variants (id),
    currency         TEXT    NOT NULL CHECK (length(currency) = 3),
    position         INTEGER NOT NULL,              -- 0 is shown to who asks for no currency
    minor            INTEGER NOT NULL CHECK (minor >= 0),
    compare_at_minor INTEGER CHECK (compare_at_minor > minor),
    tiers            TEXT    NOT NULL,              -- JSON: [[min quantity, minor], ...] ascending
    PRIMARY KEY (variant, currency)
) STRICT, WITHOUT ROWID;

INSERT INTO variants (id, product, position, options, min_quantity, price_version, active)
    SELECT id, id, 0, '{}', 1, price_version, 1 FROM products;
INSERT INTO prices (variant, currency, position, minor, compare_at_minor, tiers)
    SELECT id, currency, 0, price_minor, compare_at_minor, '[]' FROM products;

ALTER TABLE products DROP COLUMN compare_at_minor;
ALTER TABLE products DROP COLUMN price_minor;
ALTER TABLE products DROP COLUMN currency;
ALTER TABLE products DROP COLUMN price_version;

ALTER TABLE stock RENAME TO stock_by_product;
CREATE TABLE stock (
    variant TEXT    NOT NULL PRIMARY KEY REFERENCES variants (id),
    total   INTEGER NOT NULL CHECK (total >= 0),
    held    INTEGER NOT NULL CHECK (held >= 0),
    sold    INTEGER NOT NULL CHECK (sold >= 0),
    version INTEGER NOT NULL,   -- of the merchant's own system; an older one is not taken
    -- The law: nothing is sold that is not there, whatever the program believes.
    CHECK (held + sold <= total)
) STRICT, WITHOUT ROWID;
INSERT INTO stock (variant, total, held, sold, version)
    SELECT product, total, held, sold, 0 FROM stock_by_product;
DROP TABLE stock_by_product;

ALTER TABLE orders RENAME TO orders_of_one;
DROP INDEX orders_held;
DROP INDEX orders_by_show;
CREATE TABLE orders (
    id              TEXT    NOT NULL PRIMARY KEY,
    merchant        TEXT    NOT NULL REFERENCES merchants (id),
    show            TEXT    NOT NULL,
    currency        TEXT    NOT NULL,
    country         TEXT,
    shipping_minor  INTEGER NOT NULL CHECK (shipping_minor >= 0),
    total_minor     INTEGER NOT NULL CHECK (total_minor >= shipping_minor),
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

CREATE TABLE order_lines (
    order_id   TEXT    NOT NULL REFERENCES orders (id),
    position   INTEGER NOT NULL,
    variant    TEXT    NOT NULL REFERENCES variants (id),
    product    TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    options    TEXT    NOT NULL,    -- JSON object, as it was then
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    unit_minor INTEGER NOT NULL CHECK (unit_minor >= 0),
    PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO orders
    SELECT id, 'default', show, currency, NULL, 0, quantity * unit_minor, state, expires_ms,
           created_ms, changed_ms, buyer, idempotency_key, request_hash, name, contact, address
    FROM orders_of_one;
INSERT INTO order_lines
    SELECT id, 0, product, product, title, '{}', quantity, unit_minor FROM orders_of_one;
DROP TABLE orders_of_one;
