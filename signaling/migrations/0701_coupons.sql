-- Coupons take something off the goods of an order.

CREATE TABLE coupons (
    merchant    TEXT    NOT NULL REFERENCES merchants (id),
    code        TEXT    NOT NULL,    -- in upper case
    percent     INTEGER CHECK (percent BETWEEN 1 AND 100),
    minor       INTEGER CHECK (minor > 0),
    currency    TEXT,                -- of `minor` and `least_minor`
    least_minor INTEGER CHECK (least_minor > 0),
    starts_ms   INTEGER,
    ends_ms     INTEGER,
    total       INTEGER CHECK (total > 0),
    per_buyer   INTEGER CHECK (per_buyer > 0),
    -- Orders it is used in that are held or bought. The law: no more than were promised.
    taken       INTEGER NOT NULL CHECK (taken >= 0 AND (total IS NULL OR taken <= total)),
    PRIMARY KEY (merchant, code),
    CHECK ((percent IS NULL) <> (minor IS NULL)),
    CHECK (currency IS NOT NULL OR (minor IS NULL AND least_minor IS NULL))
) STRICT, WITHOUT ROWID;

ALTER TABLE orders ADD COLUMN coupon TEXT;
ALTER TABLE orders ADD COLUMN discount_minor INTEGER NOT NULL DEFAULT 0
    CHECK (discount_minor >= 0);
CREATE INDEX orders_by_coupon ON orders (merchant, coupon) WHERE coupon IS NOT NULL;
