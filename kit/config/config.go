// Package config fills a service's Config from the environment, once.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load fills T by its `env` tags from environ ("NAME=value" lines; nil stands for the process's own) and
// then calls its Validate method when there is one.
func Load[T any](environ []string) (T, error) {
	if environ == nil {
		environ = os.Environ()
	}
	cfg, err := env.ParseAsWithOptions[T](env.Options{Environment: env.ToMap(environ)})
	if err != nil {
		return cfg, fmt.Errorf("read configuration: %w", err)
	}
	if v, ok := any(&cfg).(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return cfg, fmt.Errorf("check configuration: %w", err)
		}
	}
	return cfg, nil
}

const mask = "********"

// Secret is a string that prints masked everywhere: fmt, JSON, slog.
type Secret string

// Reveal gives the value itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// Format masks under every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText masks in JSON and slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Tokens reads "name=token,name=token" and prints masked.
type Tokens map[string]Secret

// UnmarshalText parses; its errors never carry a token.
func (t *Tokens) UnmarshalText(text []byte) error {
	out := Tokens{}
	for pair := range strings.SplitSeq(string(text), ",") {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		name, token, ok := strings.Cut(pair, "=")
		if !ok || name == "" || token == "" {
			return errors.New("tokens are not written as name=token,name=token")
		}
		if _, dup := out[name]; dup {
			return fmt.Errorf("two tokens for %s", name)
		}
		out[name] = Secret(token)
	}
	*t = out
	return nil
}

// Reveal gives the tokens themselves by name.
func (t Tokens) Reveal() map[string]string {
	out := make(map[string]string, len(t))
	for name, token := range t {
		out[name] = token.Reveal()
	}
	return out
}
