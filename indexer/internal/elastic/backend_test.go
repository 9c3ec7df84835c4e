package elastic_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"crateful.dev/indexer/internal/elastic"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/indexer/internal/search/searchtest"
)

func TestBackend(t *testing.T) {
	address := os.Getenv("ELASTICSEARCH_URL")
	if address == "" {
		if os.Getenv("CRATEFUL_TEST_REAL") != "" {
			t.Fatal("ELASTICSEARCH_URL is not set")
		}
		t.Skip("ELASTICSEARCH_URL is not set: no Elasticsearch to test on")
	}
	n := 0
	searchtest.Run(t, searchtest.Features{}, func(t *testing.T) search.Backend {
		n++
		prefix := fmt.Sprintf("test-%d-%d", time.Now().UnixNano(), n)
		b, err := elastic.New(elastic.Config{URL: address, Prefix: prefix, RefreshInterval: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			generations, err := b.Generations(context.Background())
			if err != nil {
				generations = nil
			}
			for _, g := range generations {
				remove(t, address+"/"+prefix+"-g-"+g)
			}
			remove(t, address+"/"+prefix+"-record")
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	})
}

func remove(t testing.TB, address string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodDelete, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}
