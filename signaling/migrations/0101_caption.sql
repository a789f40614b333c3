-- Final caption lines, so that the transcript of a show survives a restart, and whether a show
-- wants one although nobody reads along.
ALTER TABLE show ADD COLUMN transcript INTEGER NOT NULL DEFAULT 0 CHECK (transcript IN (0, 1));

CREATE TABLE caption (
    show        TEXT NOT NULL,
    language    TEXT NOT NULL,
    start_ms    INTEGER NOT NULL,
    id          TEXT NOT NULL,
    end_ms      INTEGER NOT NULL,
    spoken      TEXT NOT NULL,
    participant TEXT NOT NULL,
    speaker     TEXT NOT NULL,
    text        TEXT NOT NULL,
    PRIMARY KEY (show, language, start_ms, id)
) STRICT, WITHOUT ROWID;
