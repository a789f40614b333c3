-- What ../0001 to ../0400 make in SQLite, and the functions of SQLite's that statements use.
-- Numbers are BIGINT, truth is 0 or 1, times are Unix milliseconds, money is in minor units.

-- `atom` is the text of an element that is no array.
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (key BIGINT, value JSONB, atom TEXT)
    LANGUAGE sql IMMUTABLE AS
    'SELECT place - 1, element, element #>> ''{}''
     FROM jsonb_array_elements(list::jsonb) WITH ORDINALITY listed (element, place)';
CREATE FUNCTION json_quote(words TEXT) RETURNS TEXT
    LANGUAGE sql IMMUTABLE AS 'SELECT to_json(words)::text';
CREATE FUNCTION unhex(digits TEXT) RETURNS BYTEA
    LANGUAGE sql IMMUTABLE AS 'SELECT decode(digits, ''hex'')';

CREATE TABLE show (
    name       TEXT   PRIMARY KEY,
    title      TEXT   NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('live', 'call', 'tour')),
    phase      TEXT   NOT NULL CHECK (phase IN ('scheduled', 'live', 'ended')),
    private    BIGINT NOT NULL CHECK (private IN (0, 1)),
    started_ms BIGINT,
    cover      TEXT,
    transcript BIGINT NOT NULL DEFAULT 0 CHECK (transcript IN (0, 1))
);

CREATE TABLE caption (
    show        TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    start_ms    BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    end_ms      BIGINT NOT NULL,
    spoken      TEXT   NOT NULL,
    participant TEXT   NOT NULL,
    speaker     TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    PRIMARY KEY (show, language, start_ms, id)
);

-- How often anybody has written, so that one process sees that another did.
CREATE TABLE shop_writes (count BIGINT NOT NULL);
INSERT INTO shop_writes VALUES (0);

CREATE TABLE merchants (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);
INSERT INTO merchants (id, name) VALUES ('default', 'Default');

CREATE TABLE show_merchants (
    show     TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL REFERENCES merchants (id)
);

CREATE TABLE consents (
    owner  TEXT NOT NULL REFERENCES merchants (id),
    seller TEXT NOT NULL REFERENCES merchants (id),
    PRIMARY KEY (owner, seller)
);

CREATE TABLE shipping_zones (
    merchant        TEXT   NOT NULL REFERENCES merchants (id),
    position        BIGINT NOT NULL,
    countries       TEXT   NOT NULL,
    currency        TEXT   NOT NULL CHECK (length(currency) = 3),
    minor           BIGINT NOT NULL CHECK (minor >= 0),
    free_from_minor BIGINT CHECK (free_from_minor >= 0),
    PRIMARY KEY (merchant, position)
);

CREATE TABLE products (
    id           TEXT NOT NULL PRIMARY KEY,
    merchant     TEXT NOT NULL DEFAULT 'default' REFERENCES merchants (id),
    title        TEXT NOT NULL,
    description  TEXT NOT NULL,
    images       TEXT NOT NULL,
    translations TEXT NOT NULL,
    descriptions TEXT NOT NULL DEFAULT '{}',
    hold_mode    TEXT NOT NULL DEFAULT 'hold' CHECK (hold_mode IN ('hold', 'first_paid'))
);

CREATE TABLE shelf (
    show     TEXT   NOT NULL,
    product  TEXT   NOT NULL REFERENCES products (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (show, product)
);
CREATE INDEX shelf_by_product ON shelf (product);

CREATE TABLE variants (
    id            TEXT   NOT NULL PRIMARY KEY,
    product       TEXT   NOT NULL REFERENCES products (id),
    position      BIGINT NOT NULL,
    options       TEXT   NOT NULL,
    min_quantity  BIGINT NOT NULL CHECK (min_quantity >= 1),
    price_version BIGINT NOT NULL,
    active        BIGINT NOT NULL CHECK (active IN (0, 1))
);
CREATE INDEX variants_by_product ON variants (product);

CREATE TABLE prices (
    variant          TEXT   NOT NULL REFERENCES variants (id),
    currency         TEXT   NOT NULL CHECK (length(currency) = 3),
    position         BIGINT NOT NULL,
    minor            BIGINT NOT NULL CHECK (minor >= 0),
    compare_at_minor BIGINT CHECK (compare_at_minor > minor),
    tiers            TEXT   NOT NULL,
    PRIMARY KEY (variant, currency)
);

CREATE TABLE stock (
    variant TEXT   NOT NULL PRIMARY KEY REFERENCES variants (id),
    total   BIGINT NOT NULL CHECK (total >= 0),
    held    BIGINT NOT NULL CHECK (held >= 0),
    sold    BIGINT NOT NULL CHECK (sold >= 0),
    version BIGINT NOT NULL,
    -- The law: nothing is sold that is not there, whatever the program believes.
    CHECK (held + sold <= total)
) WITH (fillfactor = 50); -- Room to change a row in its page: a sale changes few rows often.

CREATE TABLE orders (
    id              TEXT   NOT NULL PRIMARY KEY,
    merchant        TEXT   NOT NULL REFERENCES merchants (id),
    show            TEXT   NOT NULL,
    currency        TEXT   NOT NULL,
    country         TEXT,
    shipping_minor  BIGINT NOT NULL CHECK (shipping_minor >= 0),
    total_minor     BIGINT NOT NULL CHECK (total_minor >= shipping_minor),
    state           TEXT   NOT NULL
                    CHECK (state IN ('reserved', 'confirmed', 'cancelled', 'expired')),
    expires_ms      BIGINT NOT NULL,
    created_ms      BIGINT NOT NULL,
    changed_ms      BIGINT NOT NULL,
    buyer           TEXT   NOT NULL,
    idempotency_key TEXT   NOT NULL,
    request_hash    BYTEA  NOT NULL,
    name            TEXT,
    contact         TEXT,
    address         TEXT,
    CHECK (state <> 'confirmed' OR (name IS NOT NULL AND contact IS NOT NULL)),
    UNIQUE (buyer, idempotency_key)
);
CREATE INDEX orders_held ON orders (expires_ms) WHERE state = 'reserved';
CREATE INDEX orders_by_show ON orders (show, created_ms);

CREATE TABLE order_lines (
    order_id   TEXT   NOT NULL REFERENCES orders (id),
    position   BIGINT NOT NULL,
    variant    TEXT   NOT NULL REFERENCES variants (id),
    product    TEXT   NOT NULL,
    title      TEXT   NOT NULL,
    options    TEXT   NOT NULL,
    quantity   BIGINT NOT NULL CHECK (quantity > 0),
    unit_minor BIGINT NOT NULL CHECK (unit_minor >= 0),
    PRIMARY KEY (order_id, position)
);

CREATE TABLE outbox (
    show     TEXT   NOT NULL,
    seq      BIGINT NOT NULL,    -- from 1, without gaps in a show
    state    TEXT   NOT NULL,
    order_id TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (show, seq)
);

CREATE TABLE webhook (
    id           TEXT   NOT NULL PRIMARY KEY,
    show         TEXT   NOT NULL,
    url          TEXT   NOT NULL,
    secret       TEXT   NOT NULL,
    old_secret   TEXT,
    old_until_ms BIGINT,
    enabled      BIGINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    taken        BIGINT NOT NULL,
    created_ms   BIGINT NOT NULL
);
CREATE INDEX webhook_by_show ON webhook (show);

CREATE TABLE webhook_delivery (
    webhook  TEXT   NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq      BIGINT NOT NULL,
    state    TEXT   NOT NULL CHECK (state IN ('owed', 'delivered', 'given_up')),
    tries    BIGINT NOT NULL,
    due_ms   BIGINT,
    status   BIGINT,
    error    TEXT,
    tried_ms BIGINT,
    PRIMARY KEY (webhook, seq)
);
CREATE INDEX webhook_delivery_owed ON webhook_delivery (webhook, due_ms) WHERE state = 'owed';
