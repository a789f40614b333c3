-- Shows, so that a restart finds them. What happens in them is in memory, orders are in 0001.
CREATE TABLE show (
    name       TEXT PRIMARY KEY,
    title      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('live', 'call', 'tour')),
    phase      TEXT NOT NULL CHECK (phase IN ('scheduled', 'live', 'ended')),
    private    INTEGER NOT NULL CHECK (private IN (0, 1)),
    started_ms INTEGER,
    cover      TEXT
) STRICT;
