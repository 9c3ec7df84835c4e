package model

import (
	"errors"
	"fmt"
	"math"

	"crateful.dev/recommender/internal/cf"
)

// Training is what a trainer elsewhere is to do: the same as the service does itself.
type Training struct {
	Dim        int     `json:"dim"`        // factors of a person and of a pack
	Sweeps     int     `json:"sweeps"`     // each solves for all people, then for all packs
	Unobserved float64 `json:"unobserved"` // weight of a pair without an act against one with interest 1
	Regularise float64 `json:"regularise"`
	Frequency  float64 `json:"frequency"` // a row of n acts is regularised by regularise · (n + unobserved · columns)^frequency
	Models     int     `json:"models"`    // factorisations, from seeds that follow each other
	Seed       uint64  `json:"seed"`
}

// TrainingOf is that of the service.
func TrainingOf() Training {
	a := recipe.ALS
	return Training{a.Dim, a.Sweeps, a.Unobserved, a.Regularise, a.Frequency, recipe.Models, a.Seed}
}

// Given are factors of packs that were trained elsewhere. Who acts is folded in by Training.
type Given struct {
	Name     string // who trained them, and when
	Training Training
	Packs    []string
	Models   [][]float32 // of each factorisation Dim numbers for each of Packs
}

const (
	mostDim    = 1024
	mostModels = 16
)

// Check says what is wrong with them.
func (g *Given) Check() error {
	t := g.Training
	switch {
	case g.Name == "":
		return errors.New("nobody says who trained them")
	case t.Dim < 1 || t.Dim > mostDim:
		return fmt.Errorf("dim is %d, must be from 1 to %d", t.Dim, mostDim)
	case len(g.Models) < 1 || len(g.Models) > mostModels:
		return fmt.Errorf("there are %d factorisations, must be from 1 to %d", len(g.Models), mostModels)
	case len(g.Packs) == 0:
		return errors.New("there are no packs")
	}
	for _, v := range []float64{t.Unobserved, t.Regularise, t.Frequency} {
		if math.IsNaN(v) || v <= 0 || v > 1000 {
			return fmt.Errorf("unobserved, regularise and frequency must be above 0 and at most 1000, are %g, %g, %g", t.Unobserved, t.Regularise, t.Frequency)
		}
	}
	seen := make(map[string]bool, len(g.Packs))
	for _, id := range g.Packs {
		if id == "" || seen[id] {
			return fmt.Errorf("pack %q is there twice, or has no id", id)
		}
		seen[id] = true
	}
	for n, rows := range g.Models {
		if len(rows) != t.Dim*len(g.Packs) {
			return fmt.Errorf("factorisation %d has %d numbers for %d packs of %d", n, len(rows), len(g.Packs), t.Dim)
		}
		for i, v := range rows {
			if v != v || math.Abs(float64(v)) > math.MaxFloat32 {
				return fmt.Errorf("a factor of pack %s is %v", g.Packs[i/t.Dim], v)
			}
		}
	}
	return nil
}

// blend puts the factors into the order of a matrix' packs. A pack that came after they were trained has none: the walk alone
// speaks for it.
func (g *Given) blend(m *cf.Matrix, packs []string) *cf.Blend {
	r := recipe
	t := g.Training
	r.ALS.Dim, r.ALS.Unobserved, r.ALS.Regularise, r.ALS.Frequency = t.Dim, t.Unobserved, t.Regularise, t.Frequency
	at := make(map[string]int, len(g.Packs))
	for n, id := range g.Packs {
		at[id] = n
	}
	models := make([][]float32, len(g.Models))
	for n, rows := range g.Models {
		models[n] = make([]float32, len(packs)*t.Dim)
		for i, id := range packs {
			if from, ok := at[id]; ok {
				copy(models[n][i*t.Dim:(i+1)*t.Dim], rows[from*t.Dim:(from+1)*t.Dim])
			}
		}
	}
	return cf.BlendOf(m, r, models)
}
