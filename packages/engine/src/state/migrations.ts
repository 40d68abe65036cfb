/**
 * The schema, step by step; `user_version` says how many steps a file has behind it. A step that was released is never changed.
 * Digests are whole (`sha256:…`); moments are milliseconds since the epoch, but `image.created_at`, which is the config's own text.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE image (
    id TEXT NOT NULL PRIMARY KEY,         -- digest of the config
    config_size INTEGER NOT NULL,
    created_at TEXT,                      -- RFC 3339, as the config says it
    os TEXT NOT NULL,
    architecture TEXT NOT NULL,
    variant TEXT,
    os_version TEXT,
    size_bytes INTEGER NOT NULL           -- of all layers' regular files and symlinks
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE image_layer (
    image_id TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
    position INTEGER NOT NULL,            -- 0 is the lowest
    diff_id TEXT NOT NULL,
    chain_id TEXT NOT NULL,
    PRIMARY KEY (image_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_layer_chain ON image_layer (chain_id);
  CREATE INDEX image_layer_diff ON image_layer (diff_id);

  CREATE TABLE image_manifest (           -- exact manifests; their bytes are content
    manifest_digest TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    position INTEGER NOT NULL,            -- in the order they came
    PRIMARY KEY (image_id, manifest_digest)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE image_name (
    repository TEXT NOT NULL,             -- docker.io/library/app
    tag TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
    target TEXT,                          -- the manifest or index that the name stands for
    PRIMARY KEY (repository, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_name_image ON image_name (image_id);

  CREATE TABLE image_digest (             -- as pulled or pushed
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
    PRIMARY KEY (repository, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_digest_image ON image_digest (image_id);

  CREATE TABLE image_use (
    image_id TEXT NOT NULL,              -- may be gone: docker lets a stopped container keep what was removed by force
    user TEXT NOT NULL,                   -- a container's id
    description TEXT NOT NULL,
    is_running INTEGER NOT NULL,
    PRIMARY KEY (image_id, user)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE content_reference (        -- what a manifest or index refers to
    parent TEXT NOT NULL,
    child TEXT NOT NULL,
    PRIMARY KEY (parent, child)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE layer_blob (               -- forms of a layer that were in content; content says whether they still are
    diff_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (diff_id, digest)
  ) STRICT;

  CREATE TABLE layer_size (
    diff_id TEXT NOT NULL PRIMARY KEY,
    size_bytes INTEGER NOT NULL           -- of the layer's regular files and symlinks
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshot (
    id TEXT NOT NULL PRIMARY KEY,         -- the folder's name; the row is there before the folder
    key TEXT UNIQUE,                      -- diff:<diffId> or chain:<chainId>; none while active
    kind TEXT NOT NULL CHECK (kind IN ('active', 'committed')),
    medium TEXT NOT NULL CHECK (medium IN ('overlay', 'copy')),
    parent_chain TEXT,                    -- of what lies below
    size_bytes INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE lease (
    id TEXT NOT NULL PRIMARY KEY,         -- the name of its file
    started_at_ms INTEGER NOT NULL,
    description TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE lease_content (
    lease_id TEXT NOT NULL REFERENCES lease ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (lease_id, digest)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE lease_snapshot (
    lease_id TEXT NOT NULL REFERENCES lease ON DELETE CASCADE,
    snapshot_id TEXT NOT NULL,
    PRIMARY KEY (lease_id, snapshot_id)
  ) STRICT, WITHOUT ROWID;
  `,
];
