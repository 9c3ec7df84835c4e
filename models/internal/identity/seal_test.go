package identity_test

import (
	"encoding/base64"
	"testing"

	"crateful.dev/models/internal/identity"
)

func TestSealIsForOnePurpose(t *testing.T) {
	t.Parallel()
	signer := func(first byte) *identity.Signer {
		seed := make([]byte, 32)
		seed[0] = first
		s, err := identity.NewSigner(base64.StdEncoding.EncodeToString(seed))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ours, others := signer(1), signer(2)
	token := ours.Seal("mails", "s1")
	if text, ok := ours.Open("mails", token); !ok || text != "s1" {
		t.Errorf("opened: %q, %v", text, ok)
	}
	for what, open := range map[string]func() (string, bool){
		"another purpose":  func() (string, bool) { return ours.Open("mails\ns", token) },
		"another key":      func() (string, bool) { return others.Open("mails", token) },
		"nothing":          func() (string, bool) { return ours.Open("mails", "") },
		"a letter more":    func() (string, bool) { return ours.Open("mails", token+"AA") },
		"no base64":        func() (string, bool) { return ours.Open("mails", "?"+token[1:]) },
		"moved boundaries": func() (string, bool) { return ours.Open("mail", ours.Seal("mail\ns", "1")) },
	} {
		if text, ok := open(); ok {
			t.Errorf("%s: opened %q", what, text)
		}
	}
}
