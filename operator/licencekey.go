package operator

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v3"

	"crateful.dev/models/certificate"
)

func (o *operator) licenceKey() *cli.Command {
	return &cli.Command{
		Name: "licence-key", Category: "licences", Usage: "the key that signs certificates of licences", Action: usage,
		Commands: []*cli.Command{{
			Name: "rotate", ArgsUsage: "FILE",
			Usage: "put a fresh key into .env, or into secrets.json of `make run`, for models to sign with from its next start",
			Description: "The old key signs no more. Its public half stays published, so that everything it signed stays good.\n" +
				"The private half is kept in FILE alone: no backup of the site has it.",
			Action: o.rotateLicenceKey,
		}},
	}
}

func (o *operator) rotateLicenceKey(_ context.Context, cmd *cli.Command) error {
	args, err := wants(cmd, 1)
	if err != nil {
		return err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	seed := base64.StdEncoding.EncodeToString(private.Seed())
	put := envKey
	if filepath.Ext(args[0]) == ".json" {
		put = secretsKey
	}
	if err := rewrite(args[0], func(old []byte) ([]byte, error) { return put(old, seed) }); err != nil {
		return err
	}
	o.print("%s has the new key %s; restart models, and it is published and signs", args[0], certificate.KeyID(public))
	return nil
}

// envKey replaces the line in a file of NAME=value, or adds it.
func envKey(old []byte, seed string) ([]byte, error) {
	const name = "LICENCE_PRIVATE_KEY="
	var out bytes.Buffer
	done := false
	for line := range bytes.Lines(old) {
		if bytes.HasPrefix(line, []byte(name)) {
			line, done = []byte(name+seed+"\n"), true
		}
		out.Write(line)
	}
	if !done {
		if out.Len() > 0 && !bytes.HasSuffix(old, []byte("\n")) {
			out.WriteByte('\n')
		}
		out.WriteString(name + seed + "\n")
	}
	return out.Bytes(), nil
}

// secretsKey replaces the seed in what `make run` keeps.
func secretsKey(old []byte, seed string) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(old, &all); err != nil {
		return nil, err
	}
	if _, ok := all["identity_seed"]; !ok {
		return nil, errors.New("these are not the secrets of `make run`")
	}
	value, err := json.Marshal(seed)
	if err != nil {
		return nil, err
	}
	all["licence_seed"] = value
	out, err := json.MarshalIndent(all, "", "  ")
	return append(out, '\n'), err
}

// rewrite changes a file as a whole or not at all. Only its owner may read it then.
func rewrite(name string, change func([]byte) ([]byte, error)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	changed, err := change(old)
	if err != nil {
		return err
	}
	return renameio.WriteFile(name, changed, 0o600, renameio.WithTempDir(filepath.Dir(name)))
}
