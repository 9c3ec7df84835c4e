package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/picture"
)

func (w *Worker) picture(ctx context.Context, u events.UploadCompletedV1, o original, dir string) (*api.PictureFacts, error) {
	shape, name := picture.Square, o.sha256
	if u.Purpose == events.PurposeBanner {
		// The same picture can be a cover and a banner, cut in two ways.
		shape, name = picture.Banner, digest("banner\x00"+o.sha256)
	}
	set, err := w.pictures.Cut(ctx, o.path, shape, dir)
	if err != nil {
		return nil, err
	}
	key, err := w.putPicture(ctx, name, set)
	if err != nil {
		return nil, err
	}
	return &api.PictureFacts{CoverKey: key, Width: set.Width, Height: set.Height}, nil
}

func (w *Worker) putPicture(ctx context.Context, name string, set picture.Set) (key string, err error) {
	key = "covers/" + name
	for width, file := range set.Files {
		if err := w.put(ctx, key+"/"+strconv.Itoa(width)+".webp", file, picture.ContentType); err != nil {
			return "", err
		}
	}
	return key, nil
}

// draw makes a cover for a pack that has none.
func (w *Worker) draw(ctx context.Context, r events.EditionRequestedV1) (key string, err error) {
	dir, release, err := w.scratch(ctx, 1<<20)
	if err != nil {
		return "", err
	}
	defer release()
	set, err := w.pictures.Draw(ctx, r.CoverSeed, r.CoverWaveform, dir)
	if err != nil {
		return "", err
	}
	return w.putPicture(ctx, digest(fmt.Sprintf("drawn %d\x00%s\x00%x", picture.DrawVersion, r.CoverSeed, r.CoverWaveform)), set)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
