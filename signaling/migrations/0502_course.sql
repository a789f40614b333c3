-- The course of a show: when it is to start, what is over its picture, who wants to be reminded.
ALTER TABLE show ADD COLUMN starts_ms INTEGER;

CREATE TABLE display (
    show  TEXT NOT NULL PRIMARY KEY,
    shown TEXT NOT NULL               -- JSON of room::Display
) STRICT, WITHOUT ROWID;

-- The key is random, made by a visitor's page: it is nobody's name.
CREATE TABLE reminder (
    show TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (show, key)
) STRICT, WITHOUT ROWID;
