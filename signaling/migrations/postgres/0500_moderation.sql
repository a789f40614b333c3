-- Moderation of chats. JSON is that of protocol/chat.rs; times are Unix milliseconds.

CREATE TABLE moderation_log (
    show      TEXT    NOT NULL,
    id        BIGINT  NOT NULL,    -- grows with time
    judgement TEXT    NOT NULL,    -- JSON
    PRIMARY KEY (show, id)
);

CREATE TABLE chat_rules (
    show   TEXT    NOT NULL PRIMARY KEY,
    slow_s BIGINT  NOT NULL,
    words  TEXT    NOT NULL,       -- JSON array
    pinned TEXT                    -- JSON
);

CREATE TABLE sanction (
    show        TEXT    NOT NULL,
    participant TEXT    NOT NULL,
    at_ms       BIGINT  NOT NULL,
    sanction    TEXT    NOT NULL,  -- JSON
    PRIMARY KEY (show, participant)
);
