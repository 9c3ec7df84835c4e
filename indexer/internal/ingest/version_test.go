package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"crateful.dev/indexer/internal/search"
)

// forms are the hashes of what Documents makes of the golden messages, by search.Version. Lines are added, never changed:
// an index in service was made by one of them.
var forms = map[int]string{
	1: "0d1be18d3b34efbf06557c38c09fe91773922b1fd47d94aa13ba73e73de5a93f",
	2: "e8b9900b479ed56b2a745e5f73c9f5bb7f9806d2e2aecb015a388246e9491338",
	3: "e0a339b8844fa806634343201404b749329b041b1a87d6255e9f03b495a268b9",
	4: "c45120661af10c3e49d78d9a46a28a49b8caf32f3466f68722bfd40d4f48479e",
}

func TestFormHasItsVersion(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../../models/events/testdata/pack.*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("golden messages: %v, %v", names, err)
	}
	h := sha256.New()
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := Documents(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			h.Write([]byte(d.ID + " " + d.Digest + "\n"))
		}
	}
	if form := hex.EncodeToString(h.Sum(nil)); forms[search.Version] != form {
		t.Errorf("documents have a new form: raise search.Version and add %q, else indices in service keep the old one", form)
	}
}
