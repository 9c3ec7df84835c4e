package spark

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"crateful.dev/recommender/internal/model"
)

// factorsFile is the manifest of factors.
const factorsFile = "factors.json"

// Bounds of what is read.
const (
	mostManifest = 1 << 20
	mostPacks    = 5_000_000
)

// Factors is the manifest of factors: what the job writes last.
type Factors struct {
	Version  int            `json:"version"`
	Trainer  string         `json:"trainer"` // program and version
	At       time.Time      `json:"at"`      // when they were trained, UTC
	Packs    int            `json:"packs"`
	Training model.Training `json:"training"`
	Models   [][]string     `json:"models"` // files of each factorisation, with a line for each pack
}

// row is one line: the factors of a pack.
type row struct {
	Pack    string    `json:"pack"`
	Factors []float32 `json:"factors"`
}

// Name tells these factors from others.
func (f Factors) Name() string { return f.Trainer + " " + f.At.UTC().Format(time.RFC3339Nano) }

// ReadManifest reads what is at a place, ErrMissing when nothing is.
func ReadManifest(ctx context.Context, from Place) (Factors, error) {
	var f Factors
	body, err := from.Open(ctx, factorsFile)
	if err != nil {
		return f, fmt.Errorf("read factors: %w", err)
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, mostManifest)).Decode(&f); err != nil {
		return f, fmt.Errorf("read %s: %w", factorsFile, err)
	}
	switch {
	case f.Version != version:
		return f, fmt.Errorf("%s has version %d, not %d", factorsFile, f.Version, version)
	case f.Packs < 1 || f.Packs > mostPacks:
		return f, fmt.Errorf("%s tells of %d packs", factorsFile, f.Packs)
	case f.Trainer == "" || f.At.IsZero():
		return f, fmt.Errorf("%s does not say who trained them and when", factorsFile)
	}
	return f, nil
}

// Read reads the factors that a manifest tells of. What is torn, not of one length or not a number is refused.
func (f Factors) Read(ctx context.Context, from Place) (*model.Given, error) {
	g := &model.Given{Name: f.Name(), Training: f.Training}
	if f.Training.Dim < 1 || f.Training.Models != len(f.Models) {
		return nil, fmt.Errorf("read factors: %d factorisations of dim %d are told, files of %d", f.Training.Models, f.Training.Dim, len(f.Models))
	}
	at := map[string]int{}
	for n, files := range f.Models {
		var rows []float32
		told := 0
		for _, name := range files {
			err := lines(ctx, from, name, func(r row) error {
				if len(r.Factors) != f.Training.Dim {
					return fmt.Errorf("pack %q has %d factors, not %d", r.Pack, len(r.Factors), f.Training.Dim)
				}
				if told++; told > f.Packs {
					return fmt.Errorf("there are more than %d packs", f.Packs)
				}
				place, met := at[r.Pack]
				if n == 0 {
					if met {
						return fmt.Errorf("pack %q is there twice", r.Pack)
					}
					place = len(g.Packs)
					at[r.Pack], g.Packs = place, append(g.Packs, r.Pack)
					rows = append(rows, r.Factors...)
					return nil
				}
				if !met {
					return fmt.Errorf("pack %q is in one factorisation alone", r.Pack)
				}
				if rows == nil {
					rows = make([]float32, f.Packs*f.Training.Dim)
				}
				copy(rows[place*f.Training.Dim:], r.Factors)
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("read factors: %s: %w", name, err)
			}
		}
		if told != f.Packs {
			return nil, fmt.Errorf("read factors: factorisation %d has %d packs, not %d", n, told, f.Packs)
		}
		g.Models = append(g.Models, rows)
	}
	if err := g.Check(); err != nil {
		return nil, fmt.Errorf("read factors: %w", err)
	}
	return g, nil
}

func lines(ctx context.Context, from Place, name string, each func(row) error) error {
	body, err := from.Open(ctx, name)
	if err != nil {
		return err
	}
	defer body.Close()
	zip, err := gzip.NewReader(bufio.NewReaderSize(body, 1<<16))
	if errors.Is(err, io.EOF) {
		return nil // an empty part
	}
	if err != nil {
		return err
	}
	in := json.NewDecoder(zip)
	for {
		var r row
		switch err := in.Decode(&r); {
		case errors.Is(err, io.EOF):
			return ctx.Err()
		case err != nil:
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
}
