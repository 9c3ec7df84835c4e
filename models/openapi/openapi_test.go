package openapi_test

import (
	"bytes"
	"os"
	"testing"

	"crateful.dev/models/openapi"
)

func TestMergedFileIsCurrent(t *testing.T) {
	want, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.yaml is stale: run go generate ./openapi")
	}
}
