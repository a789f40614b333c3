-- What proves that a product is genuine.
CREATE TABLE certificates (
    product TEXT NOT NULL PRIMARY KEY REFERENCES products (id),
    url     TEXT NOT NULL        -- a picture, or a document of the table below
) STRICT, WITHOUT ROWID;

-- Certificates that are no pictures. In the database, so that backups have them.
CREATE TABLE documents (
    hash  TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Serial numbers their maker gave out, and how often somebody asked.
CREATE TABLE serials (
    product  TEXT    NOT NULL REFERENCES products (id),
    serial   TEXT    NOT NULL,
    checks   INTEGER NOT NULL,
    first_ms INTEGER,            -- when it was asked about first
    PRIMARY KEY (product, serial)
) STRICT, WITHOUT ROWID;
