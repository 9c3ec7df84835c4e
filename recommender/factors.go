package recommender

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/spark"
)

// factorsTime is for reading them.
const factorsTime = 2 * time.Minute

// factors looks at the place where Spark's job leaves them.
type factors struct {
	from spark.Place
	log  *slog.Logger

	mu   sync.Mutex
	last *model.Given
}

// newest reads what came since the last time. What cannot be used is passed by for what there was before; without any, the
// service trains its own.
func (f *factors) newest(ctx context.Context) *model.Given {
	if f == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, factorsTime)
	defer cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	manifest, err := spark.ReadManifest(ctx, f.from)
	if err == nil && (f.last == nil || f.last.Name != manifest.Name()) {
		var given *model.Given
		if given, err = manifest.Read(ctx, f.from); err == nil {
			f.last = given
			f.log.Info("factors taken up", "trained", given.Name, "packs", len(given.Packs))
		}
	}
	switch {
	case errors.Is(err, spark.ErrMissing) && f.last == nil:
		f.log.Info("no factors yet, training our own", "reason", err)
	case err != nil:
		f.log.Warn("factors not used", "error", err)
	}
	return f.last
}
