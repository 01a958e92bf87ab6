CREATE TABLE voices (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    voice_id TEXT NOT NULL,
    language TEXT NOT NULL,
    transcript TEXT NOT NULL,
    speaker TEXT NOT NULL,
    consent TEXT NOT NULL,
    duration_seconds DOUBLE PRECISION NOT NULL,
    sample_rate INTEGER NOT NULL,
    given_blob TEXT NOT NULL,
    reference_blob TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, name)
);
CREATE INDEX voices_by_reference ON voices (reference_blob);
CREATE INDEX voices_by_given ON voices (given_blob);
