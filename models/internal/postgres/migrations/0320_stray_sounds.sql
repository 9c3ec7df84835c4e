-- +goose Up
-- Sounds that the index showed of a pack and that the pack never had, for example after a backup was restored. The pack's
-- events name them as removed, so that a replay learns of it too.
CREATE TABLE stray_sounds (
    pack_id  uuid NOT NULL,
    sound_id uuid NOT NULL,
    PRIMARY KEY (pack_id, sound_id)
);

-- +goose Down
DROP TABLE stray_sounds;
