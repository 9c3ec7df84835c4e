package certificate_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/certificate"
)

func key(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func published(keys ...ed25519.PrivateKey) certificate.KeySet {
	set := certificate.KeySet{Issuer: "https://crateful.test"}
	for _, k := range keys {
		set.Keys = append(set.Keys, certificate.NewKey(k.Public().(ed25519.PublicKey), time.Unix(0, 0)))
	}
	return set
}

func example(files int) certificate.Certificate {
	c := certificate.Certificate{
		ID: "01900000-0000-7000-8000-000000000001", Issuer: "https://crateful.test", VerifyURL: "https://crateful.test/verify/01900000-0000-7000-8000-000000000001",
		Licensee: certificate.Party{Name: "Zoë <script> Ωmega"}, Producer: certificate.Party{Name: "Ярослав", Handle: "yaro"},
		Work:    certificate.Work{Kind: "pack", PackID: "p", Title: "Dusty “Keys” & more", EditionID: "e", Edition: 2},
		Licence: certificate.Licence{Code: "standard", Tier: "standard", Name: "Standard licence", TextSHA256: certificate.Digest([]byte("text"))},
		Order:   "CF-001001", GrantedAt: time.Date(2026, 11, 21, 23, 0, 0, 5, time.UTC), IssuedAt: time.Date(2026, 11, 21, 23, 0, 1, 0, time.UTC),
	}
	for i := range files {
		path := fmt.Sprintf("Loops/lead %d.wav", i)
		c.Files = append(c.Files, certificate.File{Path: path, SHA256: certificate.Digest([]byte(path)), SizeBytes: int64(1000 + i)})
	}
	return c
}

func signed(t testing.TB, c certificate.Certificate, by ed25519.PrivateKey) []byte {
	t.Helper()
	document, err := certificate.Sign(c, by)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestVerify(t *testing.T) {
	t.Parallel()
	first, second := key(1), key(2)
	document := signed(t, example(3), first)
	for name, in := range map[string][]byte{"as it was signed": document, "written over several lines": indented(t, document)} {
		c, err := certificate.Verify(in, published(second, first))
		if err != nil || c.Licensee.Name != "Zoë <script> Ωmega" || len(c.Files) != 3 || c.KeyID != certificate.KeyID(first.Public().(ed25519.PublicKey)) {
			t.Errorf("%s: %+v (%v)", name, c, err)
		}
	}
	again, err := certificate.Canonical(document)
	if err != nil || !bytes.Equal(again, document) {
		t.Errorf("the document is not in canonical form: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	first, second := key(1), key(2)
	document := string(signed(t, example(2), first))
	change := func(from, to string) []byte {
		if !strings.Contains(document, from) {
			t.Fatalf("the document has no %s", from)
		}
		return []byte(strings.Replace(document, from, to, 1))
	}
	signedAs := published(second)
	signedAs.Keys[0].ID = certificate.KeyID(first.Public().(ed25519.PublicKey))
	for _, row := range []struct {
		name string
		in   []byte
		keys certificate.KeySet
		want error
	}{
		{"another name", change("Zoë", "Eve"), published(first), certificate.ErrForged},
		{"another file", change(certificate.Digest([]byte("Loops/lead 0.wav")), certificate.Digest([]byte("mine"))), published(first), certificate.ErrForged},
		{"another order", change("CF-001001", "CF-001002"), published(first), certificate.ErrForged},
		{"a later time", change("2026-11-21T23:00:00Z", "2026-11-21T23:00:02Z"), published(first), certificate.ErrForged},
		{"no signature", change(`"signature":"`, `"signature":"!`), published(first), certificate.ErrMalformed},
		{"signed by somebody else", signed(t, example(2), second), published(first), certificate.ErrUnknownKey},
		{"another key under its id", []byte(document), signedAs, nil},
		{"a member that means nothing", change(`{"files"`, `{"extra":1,"files"`), published(first), certificate.ErrMalformed},
		{"a member in other letters", change(`"order"`, `"Order"`), published(first), certificate.ErrMalformed},
		{"a member twice", change(`{"files"`, `{"order":"CF-1","files"`), published(first), certificate.ErrMalformed},
		{"another format", change(certificate.Format, "crateful-licence-certificate/2"), published(first), certificate.ErrMalformed},
		{"no JSON", []byte("hello"), published(first), certificate.ErrMalformed},
		{"too large", bytes.Repeat([]byte(" "), certificate.MaxSize+1), published(first), certificate.ErrMalformed},
	} {
		_, err := certificate.Verify(row.in, row.keys)
		if err == nil || row.want != nil && !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

// A certificate signed before a rotation is good for as long as the old key is published.
func TestOldKeysStayGood(t *testing.T) {
	t.Parallel()
	old, fresh := key(1), key(2)
	keys := published(fresh, old)
	raw, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = certificate.ParseKeys(raw); err != nil {
		t.Fatal(err)
	}
	for _, by := range []ed25519.PrivateKey{old, fresh} {
		if _, err := certificate.Verify(signed(t, example(1), by), keys); err != nil {
			t.Error(err)
		}
	}
}

func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"no JSON": "x", "none": `{"keys": []}`,
		"another id":        `{"keys": [{"key_id": "0000000000000000", "algorithm": "Ed25519", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}`,
		"another algorithm": `{"keys": [{"key_id": "66687aadf862bd77", "algorithm": "RSA", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}`,
		"too short":         `{"keys": [{"key_id": "x", "algorithm": "Ed25519", "public_key": "AAAA"}]}`,
	} {
		if _, err := certificate.ParseKeys([]byte(in)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestCovering(t *testing.T) {
	t.Parallel()
	c := example(3)
	if f, ok := c.Covering(certificate.Digest([]byte("Loops/lead 2.wav"))); !ok || f.Path != "Loops/lead 2.wav" {
		t.Errorf("covering %+v %t", f, ok)
	}
	if f, ok := c.Covering(certificate.Digest([]byte("another"))); ok {
		t.Errorf("a file of somebody else is covered as %+v", f)
	}
}

func FuzzVerify(f *testing.F) {
	good := signed(f, example(2), key(1))
	keys := published(key(1))
	f.Add(good)
	f.Add([]byte(`{"format":"crateful-licence-certificate/1","signature":""}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := certificate.Verify(in, keys)
		if err != nil {
			return
		}
		again, err := certificate.Sign(c, key(1))
		if err != nil || !bytes.Equal(again, good) {
			t.Fatalf("something that was never signed is good: %q", in)
		}
	})
}

func indented(t *testing.T, document []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, document, "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// On all cores, as a service would check. A usual pack has about a hundred files.
func BenchmarkVerify(b *testing.B) {
	keys := published(key(1))
	for _, files := range []int{1, 100, 1000} {
		document := signed(b, example(files), key(1))
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := certificate.Verify(document, keys); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checks/s")
		})
	}
}
