-- Counts of shows by minute (Unix time / 60 s); of nobody in particular. See docs/analytics.md.
CREATE TABLE analytics (
    show    TEXT    NOT NULL,
    minute  INTEGER NOT NULL,
    measure TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (show, minute, measure, item)
) STRICT, WITHOUT ROWID;
