package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/config"
)

type sample struct {
	Addr   string        `env:"ADDR" envDefault:":8080"`
	Key    config.Secret `env:"KEY,required"`
	Tokens config.Tokens `env:"TOKENS"`
	Wait   time.Duration `env:"WAIT" envDefault:"3s"`
}

func (s *sample) Validate() error {
	if s.Wait < 0 {
		return errors.New("WAIT is negative")
	}
	return nil
}

func TestLoad(t *testing.T) {
	t.Parallel()
	got, err := config.Load[sample]([]string{"KEY=hunter2", "TOKENS=web=abc, jobs=d=f"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Addr != ":8080" || got.Key.Reveal() != "hunter2" || got.Wait != 3*time.Second {
		t.Errorf("loaded %#v", got)
	}
	if r := got.Tokens.Reveal(); r["web"] != "abc" || r["jobs"] != "d=f" || len(r) != 2 {
		t.Errorf("tokens %v", r)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{
		"missing":          {"ADDR=:1"},
		"not valid":        {"KEY=x", "WAIT=-1s"},
		"wrong type":       {"KEY=x", "WAIT=soon"},
		"malformed tokens": {"KEY=x", "TOKENS=topsecret"},
		"token twice":      {"KEY=x", "TOKENS=a=topsecret,a=topsecret"},
	} {
		_, err := config.Load[sample](environ)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

func TestSecretIsMasked(t *testing.T) {
	t.Parallel()
	cfg := sample{Key: "hunter2", Tokens: config.Tokens{"web": "hunter2"}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb, cfg, cfg.Key)
	}
	if err := json.NewEncoder(&out).Encode(cfg); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("config", "cfg", cfg, "key", cfg.Key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("config", "cfg", cfg, "key", cfg.Key)
	if s := out.String(); strings.Contains(s, "hunter2") || strings.Contains(s, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("shown: %s", s)
	}
	if !strings.Contains(out.String(), "********") {
		t.Error("no mask")
	}
}
