CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    secret_digest TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL
);
