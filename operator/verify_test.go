package operator

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/certificate"
)

// A folder with a certificate over two files, the published keys, one of the files under another name, and a file of somebody else.
func certified(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	document, err := certificate.Sign(certificate.Certificate{
		ID: "01900000-0000-7000-8000-000000000001", Issuer: "https://crateful.test", Licensee: certificate.Party{Name: "Eve"}, Work: certificate.Work{Title: "Dusty"},
		Files:     []certificate.File{{Path: "Loops/a.wav", SHA256: certificate.Digest([]byte("one"))}, {Path: "Loops/b.wav", SHA256: certificate.Digest([]byte("two"))}},
		GrantedAt: time.Now(), IssuedAt: time.Now(),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(certificate.KeySet{Issuer: "https://crateful.test", Keys: []certificate.Key{certificate.NewKey(key.Public().(ed25519.PublicKey), time.Now())}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"cert.json": document, "crateful-licence-keys.json": keys, "renamed.wav": []byte("one"), "other.wav": []byte("three"), "bought/b.wav": []byte("two"),
		"forged.json":  bytes.Replace(document, []byte("Eve"), []byte("Bob"), 1),
		"foreign.json": []byte(`{"issuer":"x","keys":[{"key_id":"66687aadf862bd77","algorithm":"Ed25519","public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}`),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// No network, no database, no account: the certificate, the files and the published keys are enough.
func TestVerifyOffline(t *testing.T) {
	t.Parallel()
	dir := certified(t)
	alone := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(dir, "cert.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(alone, "cert.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, row := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"the certificate alone", []string{at("cert.json")}, 0, []string{"GOOD", "Eve", "Dusty"}},
		{"a file under another name", []string{at("cert.json"), at("renamed.wav")}, 0, []string{"COVERS " + at("renamed.wav") + ", as Loops/a.wav"}},
		{"a folder", []string{at("cert.json"), at("bought")}, 0, []string{"as Loops/b.wav"}},
		{"a file of somebody else", []string{at("cert.json"), at("renamed.wav"), at("other.wav")}, ExitNotCovered, []string{"COVERS " + at("renamed.wav"), "NOT    " + at("other.wav")}},
		{"forged", []string{at("forged.json"), at("renamed.wav")}, ExitNotGood, nil},
		{"other keys", []string{"--keys", at("foreign.json"), at("cert.json")}, ExitNotGood, nil},
		{"no certificate", []string{at("renamed.wav")}, ExitNotGood, nil},
		{"no keys", []string{filepath.Join(alone, "cert.json")}, 1, nil},
		{"a file that is not there", []string{at("cert.json"), at("gone.wav")}, 1, nil},
		{"nothing", nil, 1, nil},
	} {
		out, _, err := run(t, "", nil, append([]string{"verify"}, row.args...)...)
		if code := ExitCode(err); code != row.code {
			t.Errorf("%s: exit code %d (%v), want %d", row.name, code, err, row.code)
		}
		for _, text := range row.says {
			if !strings.Contains(out, text) {
				t.Errorf("%s does not say %q:\n%s", row.name, text, out)
			}
		}
	}
	out, _, err := run(t, "", nil, "--json", "verify", at("cert.json"), at("renamed.wav"), at("other.wav"))
	var answer verified
	if ExitCode(err) != ExitNotCovered || json.Unmarshal([]byte(out), &answer) != nil || !answer.Good || answer.Files[0].LicensedAs == "" || answer.Files[1].LicensedAs != "" {
		t.Errorf("for programs: %+v (%v)\n%s", answer, err, out)
	}
}

func TestRotateLicenceKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		".env":         "# kept\nLICENCE_PRIVATE_KEY=old\nSMTP_URL=x\n",
		"older.env":    "SMTP_URL=x", // of a release without the key
		"secrets.json": `{"identity_seed": "i", "licence_seed": "old", "service_tokens": {"web": "w"}}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _, err := run(t, "", nil, "licence-key", "rotate", path)
		if err != nil || !strings.Contains(out, "restart models") {
			t.Fatalf("%s: %s (%v)", name, out, err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"SMTP_URL=x", "# kept", `"identity_seed": "i"`, `"web": "w"`} {
			if strings.Contains(content, text) && !strings.Contains(strings.Join(strings.Fields(string(raw)), " "), text) {
				t.Errorf("%s lost %s: %s", name, text, raw)
			}
		}
		if strings.Contains(string(raw), "old") || strings.Count(strings.ToLower(string(raw)), "licence_") != 1 {
			t.Errorf("%s is now %s", name, raw)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v (%v)", name, info.Mode(), err)
		}
	}
	stray := filepath.Join(dir, "package.json")
	if err := os.WriteFile(stray, []byte(`{"name": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(t, "", nil, "licence-key", "rotate", stray); err == nil {
		t.Error("a key was put into a file that is none of ours")
	}
}
