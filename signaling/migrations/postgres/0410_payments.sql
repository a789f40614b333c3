-- See ../0410_payments.sql.

DO $$
DECLARE old RECORD;
BEGIN
    FOR old IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'orders'::regclass AND contype = 'c'
          AND pg_get_constraintdef(oid) LIKE '%state%'
    LOOP
        EXECUTE format('ALTER TABLE orders DROP CONSTRAINT %I', old.conname);
    END LOOP;
END
$$;

ALTER TABLE orders ADD CONSTRAINT orders_states
    CHECK (state IN ('reserved', 'pending', 'confirmed', 'paid', 'refunding', 'refunded',
                     'cancelled', 'expired'));
ALTER TABLE orders ADD CONSTRAINT orders_contact
    CHECK (state NOT IN ('pending', 'confirmed', 'paid')
           OR (name IS NOT NULL AND contact IS NOT NULL));

DROP INDEX orders_held;
CREATE INDEX orders_held ON orders (expires_ms) WHERE state IN ('reserved', 'pending');

ALTER TABLE order_lines ADD COLUMN hold_mode TEXT NOT NULL DEFAULT 'hold'
    CHECK (hold_mode IN ('hold', 'first_paid'));

CREATE TABLE payments (
    id       TEXT   NOT NULL PRIMARY KEY,
    order_id TEXT   NOT NULL REFERENCES orders (id),
    minor    BIGINT NOT NULL,
    currency TEXT   NOT NULL,
    standing TEXT   NOT NULL CHECK (standing IN ('kept', 'owed', 'refunded')),
    at_ms    BIGINT NOT NULL
);
CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX payments_owed ON payments (at_ms) WHERE standing = 'owed';

CREATE TABLE payment_events (
    id    TEXT   NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL
);
