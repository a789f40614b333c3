-- See ../0701_coupons.sql.

CREATE TABLE coupons (
    merchant    TEXT    NOT NULL REFERENCES merchants (id),
    code        TEXT    NOT NULL,    -- in upper case
    percent     BIGINT  CHECK (percent BETWEEN 1 AND 100),
    minor       BIGINT  CHECK (minor > 0),
    currency    TEXT,                -- of `minor` and `least_minor`
    least_minor BIGINT  CHECK (least_minor > 0),
    starts_ms   BIGINT ,
    ends_ms     BIGINT ,
    total       BIGINT  CHECK (total > 0),
    per_buyer   BIGINT  CHECK (per_buyer > 0),
    -- Orders it is used in that are held or bought. The law: no more than were promised.
    taken       BIGINT  NOT NULL CHECK (taken >= 0 AND (total IS NULL OR taken <= total)),
    PRIMARY KEY (merchant, code),
    CHECK ((percent IS NULL) <> (minor IS NULL)),
    CHECK (currency IS NOT NULL OR (minor IS NULL AND least_minor IS NULL))
);

ALTER TABLE orders ADD COLUMN coupon TEXT;
ALTER TABLE orders ADD COLUMN discount_minor BIGINT  NOT NULL DEFAULT 0
    CHECK (discount_minor >= 0);
CREATE INDEX orders_by_coupon ON orders (merchant, coupon) WHERE coupon IS NOT NULL;
