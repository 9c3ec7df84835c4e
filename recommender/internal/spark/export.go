package spark

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
)

// version counts changes of what both manifests and their lines mean.
const version = 1

// exportFile is the manifest of an export.
const exportFile = "export.json"

// mostLines is how many interests one file holds: Spark reads each file in one piece.
const mostLines = 500_000

// Export is the manifest of interests: what the job reads first.
type Export struct {
	Version   int                      `json:"version"`
	At        time.Time                `json:"at"`      // as of which the interests are, UTC
	Kafka     string                   `json:"kafka"`   // id of the cluster
	Offsets   map[string]kafka.Offsets `json:"offsets"` // by topic: all that lies before is in them
	People    int                      `json:"people"`
	Interests int                      `json:"interests"` // lines
	Files     []string                 `json:"files"`
	Training  model.Training           `json:"training"`
}

// interest is one line: how much a person cares about a pack. Who the person is stays in the service: people are numbers.
type interest struct {
	Person int     `json:"person"`
	Pack   string  `json:"pack"`
	Weight float64 `json:"weight"`
}

// ErrTaken says that a place has an export already.
var ErrTaken = errors.New("there is an export already")

// Write exports tastes as of e.At, merged, wiped and weighed as a model is made of them. The same tastes give the same files.
func Write(ctx context.Context, to Place, tastes iter.Seq[history.Taste], e Export) (Export, error) {
	if body, err := to.Open(ctx, exportFile); err == nil {
		return e, errors.Join(ErrTaken, body.Close())
	} else if !errors.Is(err, ErrMissing) {
		return e, err
	}
	e.Version, e.Training, e.Files = version, model.TrainingOf(), []string{}
	next, stop := iter.Pull(interests(tastes, e.At))
	defer stop()
	line, more := next()
	for more {
		name := fmt.Sprintf("interests-%05d.ndjson.gz", len(e.Files))
		err := to.Write(ctx, name, func(w io.Writer) error {
			return packed(w, func(out *json.Encoder) error {
				for n := 0; more && n < mostLines; n++ {
					if err := out.Encode(line); err != nil {
						return err
					}
					e.People = line.Person + 1
					e.Interests++
					line, more = next()
				}
				return ctx.Err()
			})
		})
		if err != nil {
			return e, fmt.Errorf("write %s: %w", name, err)
		}
		e.Files = append(e.Files, name)
	}
	if err := writeJSON(ctx, to, exportFile, e); err != nil {
		return e, fmt.Errorf("write %s: %w", exportFile, err)
	}
	return e, nil
}

func interests(tastes iter.Seq[history.Taste], at time.Time) iter.Seq[interest] {
	return func(yield func(interest) bool) {
		person := 0
		for t := range tastes {
			some := model.Interests(t, at)
			for _, in := range some {
				if !yield(interest{person, in.PackID, in.Weight}) {
					return
				}
			}
			if len(some) > 0 {
				person++
			}
		}
	}
}

// packed writes lines of JSON through gzip.
func packed(w io.Writer, lines func(*json.Encoder) error) error {
	zip := gzip.NewWriter(w)
	buffer := bufio.NewWriterSize(zip, 1<<16)
	return errors.Join(lines(json.NewEncoder(buffer)), buffer.Flush(), zip.Close())
}

func writeJSON(ctx context.Context, to Place, name string, v any) error {
	return to.Write(ctx, name, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(v)
	})
}
