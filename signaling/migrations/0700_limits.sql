-- Flash deals, and limits for each buyer.

ALTER TABLE products ADD COLUMN per_buyer INTEGER CHECK (per_buyer > 0);

-- For some minutes variants of a product cost less in a show.
CREATE TABLE deals (
    id        TEXT    NOT NULL PRIMARY KEY,
    show      TEXT    NOT NULL,
    product   TEXT    NOT NULL REFERENCES products (id),
    counts_ms INTEGER NOT NULL,    -- from then on pages count it down
    starts_ms INTEGER NOT NULL CHECK (starts_ms >= counts_ms),
    ends_ms   INTEGER NOT NULL CHECK (ends_ms > starts_ms),
    total     INTEGER NOT NULL,
    per_buyer INTEGER CHECK (per_buyer > 0),
    -- Pieces that orders of the deal hold or have. The law: no more than were promised.
    taken     INTEGER NOT NULL CHECK (taken >= 0 AND taken <= total),
    phase     TEXT    NOT NULL CHECK (phase IN ('planned', 'counted', 'on', 'over'))
) STRICT;

-- One at a time.
CREATE UNIQUE INDEX deals_current ON deals (show, product) WHERE phase <> 'over';

CREATE TABLE deal_prices (
    deal     TEXT    NOT NULL REFERENCES deals (id),
    variant  TEXT    NOT NULL REFERENCES variants (id),
    currency TEXT    NOT NULL CHECK (length(currency) = 3),
    minor    INTEGER NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (deal, variant, currency)
) STRICT, WITHOUT ROWID;

-- The deal a line was bought by.
ALTER TABLE order_lines ADD COLUMN deal TEXT;
CREATE INDEX order_lines_by_deal ON order_lines (deal) WHERE deal IS NOT NULL;

-- Who buys in two tabs is one buyer when the orders are confirmed.
CREATE INDEX orders_by_contact ON orders (lower(contact)) WHERE contact IS NOT NULL;
