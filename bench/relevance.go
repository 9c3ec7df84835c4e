package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

var judgedLine = regexp.MustCompile(`nDCG@10 ([0-9.]+) over ([0-9]+) queries`)

// relevance takes what the judged queries of the indexer say of its order; the test that holds them fails when they say
// less than was recorded.
func relevance(ctx context.Context, b *bench) error {
	cmd := exec.CommandContext(ctx, "go", "test", "./internal/relevance", "-run", "^TestJudged$", "-count", "1", "-v")
	cmd.Dir = filepath.Join(b.root, "indexer")
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	found := judgedLine.FindSubmatch(said)
	if found == nil {
		return errors.New("the judged queries gave no figure")
	}
	mean, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return fmt.Errorf("read the figure of the judged queries: %w", err)
	}
	b.add(figure{
		name: fmt.Sprintf("relevance: nDCG@10 of %s judged queries", found[2]), goal: "a test holds it", digits: 3, values: []float64{mean},
	})
	return nil
}
