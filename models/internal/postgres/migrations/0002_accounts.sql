-- +goose Up
CREATE TABLE accounts (
    id                uuid PRIMARY KEY,
    email             text NOT NULL,
    email_verified_at timestamptz,
    password_hash     text NOT NULL,
    handle            text NOT NULL,
    handle_key        text NOT NULL GENERATED ALWAYS AS (lower(handle)) STORED,
    name              text NOT NULL,
    bio               text NOT NULL DEFAULT '',
    links             text[] NOT NULL DEFAULT '{}',
    avatar_key        text NOT NULL DEFAULT '',
    banner_key        text NOT NULL DEFAULT '',
    theme             text NOT NULL DEFAULT 'system',
    density           text NOT NULL DEFAULT 'comfortable',
    single_keys       boolean NOT NULL DEFAULT true,
    level_matching    boolean NOT NULL DEFAULT true,
    follower_mails    boolean NOT NULL DEFAULT true,
    personalise       boolean NOT NULL DEFAULT true,
    locale            text NOT NULL DEFAULT 'en',
    default_project   uuid,
    admin             boolean NOT NULL DEFAULT false,
    sells             boolean NOT NULL DEFAULT false,
    demo              boolean NOT NULL DEFAULT false,
    followers         integer NOT NULL DEFAULT 0,
    person_id         uuid NOT NULL,
    disabled_at       timestamptz,
    disabled_reason   text NOT NULL DEFAULT '',
    revision          bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT accounts_person_id_key UNIQUE (person_id),
    CONSTRAINT accounts_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
    CONSTRAINT accounts_password_check CHECK (password_hash LIKE '$argon2id$%'),
    CONSTRAINT accounts_handle_check CHECK (handle ~ '^[A-Za-z0-9][A-Za-z0-9_-]{1,28}[A-Za-z0-9]$'),
    CONSTRAINT accounts_name_check CHECK (name <> '' AND length(name) <= 80),
    CONSTRAINT accounts_bio_check CHECK (length(bio) <= 2000),
    CONSTRAINT accounts_links_check CHECK (cardinality(links) <= 8),
    CONSTRAINT accounts_avatar_check CHECK (avatar_key = '' OR avatar_key ~ '^covers/[0-9a-f]{64}$'),
    CONSTRAINT accounts_banner_check CHECK (banner_key = '' OR banner_key ~ '^covers/[0-9a-f]{64}$'),
    CONSTRAINT accounts_theme_check CHECK (theme IN ('system', 'light', 'dark')),
    CONSTRAINT accounts_density_check CHECK (density IN ('comfortable', 'compact')),
    CONSTRAINT accounts_locale_check CHECK (locale ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' AND length(locale) <= 35),
    CONSTRAINT accounts_followers_check CHECK (followers >= 0),
    CONSTRAINT accounts_revision_check CHECK (revision > 0)
);
CREATE UNIQUE INDEX accounts_email_key ON accounts (lower(email));

-- Every handle anybody has or had: nobody else can take an old one, and it leads to its owner.
CREATE TABLE handles (
    handle     text PRIMARY KEY CONSTRAINT handles_lower_check CHECK (handle = lower(handle)),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    since      timestamptz NOT NULL,
    CONSTRAINT handles_owner_key UNIQUE (handle, account_id)
);
CREATE INDEX handles_account_idx ON handles (account_id);
ALTER TABLE accounts ADD CONSTRAINT accounts_handle_fkey
    FOREIGN KEY (handle_key, id) REFERENCES handles (handle, account_id) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT sessions_token_key UNIQUE,
    device     text NOT NULL DEFAULT '' CONSTRAINT sessions_device_check CHECK (length(device) <= 300),
    ip         text NOT NULL DEFAULT '' CONSTRAINT sessions_ip_check CHECK (length(ip) <= 45),
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_hash_check CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX sessions_account_idx ON sessions (account_id, seen_at DESC);
CREATE INDEX sessions_expires_idx ON sessions (expires_at);

CREATE TABLE api_tokens (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL CONSTRAINT api_tokens_name_check CHECK (name <> '' AND length(name) <= 80),
    prefix     text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT api_tokens_token_key UNIQUE,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    expires_at timestamptz,
    CONSTRAINT api_tokens_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT api_tokens_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'library', 'studio'])
);
CREATE INDEX api_tokens_account_idx ON api_tokens (account_id, created_at);

-- Links in mails: confirm an address, set a new password. The row goes when the link is used.
CREATE TABLE mail_links (
    token_hash bytea PRIMARY KEY CONSTRAINT mail_links_hash_check CHECK (octet_length(token_hash) = 32),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose    text NOT NULL CONSTRAINT mail_links_purpose_check CHECK (purpose IN ('verify', 'reset')),
    email      text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX mail_links_account_idx ON mail_links (account_id, purpose);
CREATE INDEX mail_links_expires_idx ON mail_links (expires_at);

-- Who came without an account. The key is the hash of the visitor's cookie.
CREATE TABLE visitors (
    key        text PRIMARY KEY CONSTRAINT visitors_key_check CHECK (key ~ '^[0-9a-f]{64}$'),
    person_id  uuid NOT NULL CONSTRAINT visitors_person_id_key UNIQUE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);
CREATE INDEX visitors_seen_idx ON visitors (seen_at);

CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    producer_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    CONSTRAINT follows_pkey PRIMARY KEY (follower_id, producer_id),
    CONSTRAINT follows_self_check CHECK (follower_id <> producer_id)
);
CREATE INDEX follows_producer_idx ON follows (producer_id, follower_id);

-- +goose Down
ALTER TABLE accounts DROP CONSTRAINT accounts_handle_fkey;
DROP TABLE follows;
DROP TABLE visitors;
DROP TABLE mail_links;
DROP TABLE api_tokens;
DROP TABLE sessions;
DROP TABLE handles;
DROP TABLE accounts;
