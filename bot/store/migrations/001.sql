CREATE TABLE runs (
	boot  TEXT PRIMARY KEY,
	began INTEGER NOT NULL, -- Unix milliseconds, as everywhere
	ended INTEGER           -- null while the process runs, and for ever after an unclean stop
) STRICT;

CREATE TABLE claims (
	id   INTEGER PRIMARY KEY,
	boot TEXT    NOT NULL, -- the process that has it in hand
	at   INTEGER NOT NULL,
	done INTEGER NOT NULL DEFAULT 0,
	body TEXT    NOT NULL
) STRICT;
CREATE INDEX claims_open ON claims (done, at);

CREATE TABLE deliveries (
	delivery TEXT PRIMARY KEY,
	claim    INTEGER NOT NULL REFERENCES claims (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_claim ON deliveries (claim);

CREATE TABLE operations (
	id      TEXT PRIMARY KEY,
	site    TEXT    NOT NULL,
	ref     TEXT    NOT NULL, -- the VM's id, lower case
	guid    TEXT    NOT NULL, -- OperationGuid, lower case; empty until it is known
	rule    TEXT    NOT NULL,
	state   TEXT    NOT NULL,
	asked   INTEGER NOT NULL,
	open    INTEGER NOT NULL,
	watched INTEGER NOT NULL,
	forced  INTEGER NOT NULL,
	decided INTEGER NOT NULL, -- 0 until the last word
	body    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
-- One open operation for each VM; one that was started in spite of a lost one is marked.
CREATE UNIQUE INDEX operations_one ON operations (site, ref) WHERE open = 1 AND forced = 0;
CREATE INDEX operations_open ON operations (site, open, asked);
CREATE INDEX operations_watched ON operations (site, watched, asked);
CREATE INDEX operations_asked ON operations (site, asked);
CREATE INDEX operations_ref ON operations (site, ref, asked);
CREATE INDEX operations_guid ON operations (guid);

CREATE TABLE messages (
	key    TEXT PRIMARY KEY,
	site   TEXT    NOT NULL,
	under  TEXT    NOT NULL, -- key of the message above; empty for none
	class  INTEGER NOT NULL,
	seq    INTEGER NOT NULL, -- age: when the oldest version that was not sent came
	due    INTEGER,          -- not before; null when nothing is to be sent
	posted INTEGER NOT NULL, -- whether it stands somewhere
	since  INTEGER NOT NULL, -- since when something waits to be sent; 0 while nothing does
	want   BLOB    NOT NULL, -- digest of the newest draft
	body   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_seq ON messages (seq);
CREATE INDEX messages_order ON messages (class, seq) WHERE due IS NOT NULL;
CREATE INDEX messages_due ON messages (due) WHERE due IS NOT NULL;
CREATE INDEX messages_under ON messages (under) WHERE under <> '';

-- Every place where a message ever stood, copies included: a press on any of them counts.
CREATE TABLE message_refs (
	platform TEXT NOT NULL,
	channel  TEXT NOT NULL,
	id       TEXT NOT NULL,
	key      TEXT NOT NULL,
	PRIMARY KEY (platform, channel, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE vm_lists (
	site TEXT PRIMARY KEY,
	at   INTEGER NOT NULL,
	body TEXT    NOT NULL
) STRICT;

CREATE TABLE audit (
	seq  INTEGER PRIMARY KEY,
	at   INTEGER NOT NULL,
	vm   TEXT    NOT NULL, -- lower case name, host and id, for searching
	who  TEXT    NOT NULL, -- lower case id and name, for searching
	body TEXT    NOT NULL,
	hash TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
-- INSERT OR REPLACE takes a line away without the trigger for deletes: only the next number may be written.
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit WHEN new.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
	BEGIN SELECT RAISE (ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'the audit log is append-only'); END;
