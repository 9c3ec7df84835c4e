package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
)

// Everything that must never be in a log: passwords, sessions, links of mails, keys of the installation.
var secretsSeen struct {
	mu   sync.Mutex
	list []string
}

func secret(text string) {
	secretsSeen.mu.Lock()
	defer secretsSeen.mu.Unlock()
	if len(text) >= 8 {
		secretsSeen.list = append(secretsSeen.list, text)
	}
}

// leaks lists lines of a log that hold a secret or a control character that somebody typed.
func leaks(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return []string{err.Error()}
	}
	defer f.Close()
	secretsSeen.mu.Lock()
	defer secretsSeen.mu.Unlock()
	var found []string
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<20), 4<<20)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		for _, s := range secretsSeen.list {
			if strings.Contains(line, s) {
				found = append(found, fmt.Sprintf("line %d holds a secret: %.300s", n, line))
			}
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			found = append(found, fmt.Sprintf("line %d is no JSON: %.300q", n, line))
			continue
		}
		if bad := controls(fields); bad != "" {
			found = append(found, fmt.Sprintf("line %d holds control characters in %s: %.300q", n, bad, line))
		}
	}
	if err := lines.Err(); err != nil {
		found = append(found, err.Error())
	}
	if n == 0 {
		found = append(found, path+" is empty")
	}
	return found
}

// controls names the first value with a control character. Stacks and joined errors are our own and may span lines.
func controls(fields map[string]any) string {
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			if name == "stack" || name == "error" {
				v = strings.NewReplacer("\n", "", "\t", "").Replace(v)
			}
			if strings.ContainsFunc(v, unicode.IsControl) {
				return name
			}
		case map[string]any:
			if in := controls(v); in != "" {
				return name + "." + in
			}
		}
	}
	return ""
}

// installation is what our own stack knows; none over a site elsewhere.
type installation struct {
	ServiceTokens       map[string]string `json:"service_tokens"`
	IdentitySeed        string            `json:"identity_seed"`
	S3AccessKey         string            `json:"s3_access_key"`
	S3SecretKey         string            `json:"s3_secret_key"`
	StripeSecretKey     string            `json:"stripe_secret_key"`
	StripeWebhookSecret string            `json:"stripe_webhook_secret"`
}

func readInstallation(dir string) (installation, error) {
	var in installation
	raw, err := os.ReadFile(filepath.Join(dir, "secrets.json"))
	if err != nil {
		return in, err
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, fmt.Errorf("read secrets: %w", err)
	}
	for _, s := range []string{in.IdentitySeed, in.S3SecretKey, in.StripeSecretKey, in.StripeWebhookSecret} {
		secret(s)
	}
	for _, s := range in.ServiceTokens {
		secret(s)
	}
	return in, nil
}
