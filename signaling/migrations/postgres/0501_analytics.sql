-- Counts of shows by minute (Unix time / 60 s); of nobody in particular. See docs/analytics.md.
CREATE TABLE analytics (
    show    TEXT    NOT NULL,
    minute  BIGINT  NOT NULL,
    measure TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    value   BIGINT  NOT NULL,
    PRIMARY KEY (show, minute, measure, item)
);
