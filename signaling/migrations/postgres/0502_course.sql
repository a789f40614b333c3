-- See ../0502_course.sql.
ALTER TABLE show ADD COLUMN starts_ms BIGINT;

CREATE TABLE display (
    show  TEXT NOT NULL PRIMARY KEY,
    shown TEXT NOT NULL
);

CREATE TABLE reminder (
    show TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (show, key)
);
