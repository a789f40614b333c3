-- How often anybody has written, so that one process sees that another did.
CREATE TABLE shop_writes (count INTEGER NOT NULL) STRICT;
INSERT INTO shop_writes VALUES (0);
