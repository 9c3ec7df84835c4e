package deploy

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// Both pipelines run the same targets in the same order, and each target is there.
func TestPipelinesAreTwins(t *testing.T) {
	t.Parallel()
	target := regexp.MustCompile(`\bmake ([a-z-]+)`)
	targets := func(file string, step *regexp.Regexp) (found []string) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range step.FindAllString(string(raw), -1) {
			found = append(found, target.FindStringSubmatch(line)[1])
		}
		return found
	}
	jenkins := targets("../Jenkinsfile", regexp.MustCompile(`sh '.*make .*'`))
	actions := targets("../.github/workflows/ci.yml", regexp.MustCompile(`(?m)^ +(?:run: )?make .*$`))
	if want := []string{"lint", "test", "test-real", "images", "publish"}; !slices.Equal(jenkins, want) || !slices.Equal(actions, want) {
		t.Errorf("Jenkins runs %v, Actions run %v, want %v", jenkins, actions, want)
	}
	raw, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range jenkins {
		if !regexp.MustCompile(`(?m)^` + name + `:`).Match(raw) {
			t.Errorf("the Makefile has no target %s", name)
		}
	}
}
