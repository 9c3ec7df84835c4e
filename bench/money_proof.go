package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// proofs takes the figures of zips and certificates from the benchmarks beside their code, which know their insides.
func proofs(ctx context.Context, b *bench) error {
	shares, err := reported(ctx, b, "./analyzer/internal/edition", "BesideZip", "of-zip-0")
	if err != nil {
		return err
	}
	b.figures = append(b.figures, figure{
		name: "zip of a pack of 300 MiB as a share of the speed of `zip -0`", goal: "≥ 0.7", digits: 2, values: shares,
		ok: func(v []float64) bool { return median(v) >= 0.7 },
	})
	checks, err := reported(ctx, b, "./models/certificate", "Verify/files=100", "checks/s")
	if err != nil {
		return err
	}
	b.figures = append(b.figures, figure{
		name: "checks of a certificate of 100 files", goal: "≥ 5,000/s", unit: "/s", values: checks,
		ok: func(v []float64) bool { return median(v) >= 5000 },
	})
	return nil
}

// reported runs a Go benchmark once a round and reads the metric it reports.
func reported(ctx context.Context, b *bench, where, name, metric string) ([]float64, error) {
	cmd := exec.CommandContext(ctx, "go", "test", where, "-run", "^$", "-bench", name, "-count", strconv.Itoa(b.rounds))
	cmd.Dir = b.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("benchmark %s of %s: %w\n%s", name, where, err, out)
	}
	var values []float64
	for _, m := range regexp.MustCompile(`([0-9.e+]+) `+regexp.QuoteMeta(metric)).FindAllSubmatch(out, -1) {
		v, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			return nil, fmt.Errorf("benchmark %s of %s: %w", name, where, err)
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("benchmark %s of %s reports no %s:\n%s", name, where, metric, out)
	}
	return values, nil
}
