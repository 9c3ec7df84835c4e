package operator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/certificate"
)

// Exit codes of verify, beside 1 for what could not be looked at.
const (
	ExitNotGood    = 2 // malformed, forged or signed with a key that is not published
	ExitNotCovered = 3 // good, but not for all of the files
	ExitRevoked    = 4 // good, and refunded since
)

// exit is an error with a code of its own.
type exit struct {
	error
	code int
}

func (e exit) Unwrap() error { return e.error }

// ExitCode is what the program ends with.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	var e exit
	if errors.As(err, &e) {
		return e.code
	}
	return 1
}

func (o *operator) verify() *cli.Command {
	return &cli.Command{
		Name: "verify", ArgsUsage: "CERTIFICATE [FILE or FOLDER…]", Category: "licences",
		Usage: "check a certificate of a licence, and which files it covers; needs nothing but the published keys",
		Description: "The keys are the file that a site publishes at " + certificate.KeysPath + ".\n" +
			"Exit code 0: good, and covers all files named; 2: not good; 3: does not cover all of them; 4: refunded since (with --site); 1: could not look.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "keys", TakesFile: true, Usage: "file of published keys; else " + path.Base(certificate.KeysPath) + " beside the certificate"},
			&cli.StringFlag{Name: "site", Usage: "`URL` of the site: fetch its keys and ask whether the purchase was refunded"},
		},
		Action: o.verifyCertificate,
	}
}

// verified is the answer for programs.
type verified struct {
	Good        bool                    `json:"good"`
	Certificate certificate.Certificate `json:"certificate"`
	State       string                  `json:"state,omitempty"` // valid or revoked, as the site says; empty when it was not asked
	Files       []verifiedFile          `json:"files"`
}

type verifiedFile struct {
	Name       string `json:"name"`
	SHA256     string `json:"sha256"`
	LicensedAs string `json:"licensed_as,omitempty"` // its path in the pack; empty: not covered
}

func (o *operator) verifyCertificate(ctx context.Context, cmd *cli.Command) error {
	if cmd.NArg() == 0 {
		return fmt.Errorf("usage: %s %s", cmd.FullName(), cmd.ArgsUsage)
	}
	name := cmd.Args().First()
	document, err := readSome(name)
	if err != nil {
		return err
	}
	var site *client.Asking
	if address := cmd.String("site"); address != "" {
		site = client.New(httpx.NewClient(httpx.ClientConfig{BaseURL: strings.TrimSuffix(address, "/"), Timeout: time.Minute})).For(client.Caller{Agent: "cratefulctl"})
	}
	keys, err := publishedKeys(ctx, site, cmd.String("keys"), filepath.Dir(name))
	if err != nil {
		return err
	}
	c, err := certificate.Verify(document, keys)
	if err != nil {
		return exit{fmt.Errorf("NOT GOOD: %w", err), ExitNotGood}
	}
	out := verified{Good: true, Certificate: c, Files: []verifiedFile{}}
	if site != nil {
		check, err := site.CheckCertificate(ctx, c.ID)
		if err != nil {
			return fmt.Errorf("ask whether it was refunded: %w", err)
		}
		out.State = check.State
	}
	if out.Files, err = cover(&c, cmd.Args().Tail()); err != nil {
		return err
	}
	if err := o.show(cmd, out, func() { o.sayVerified(out) }); err != nil {
		return err
	}
	missing := 0
	for _, f := range out.Files {
		if f.LicensedAs == "" {
			missing++
		}
	}
	switch {
	case out.State == "revoked":
		return exit{errors.New("the purchase was refunded, and the licence ended with it"), ExitRevoked}
	case missing > 0:
		return exit{fmt.Errorf("%d of %d files are not covered", missing, len(out.Files)), ExitNotCovered}
	}
	return nil
}

func (o *operator) sayVerified(v verified) {
	c := v.Certificate
	o.print("GOOD   signed by %s with key %s, and not changed since", c.Issuer, c.KeyID)
	switch v.State {
	case "":
		o.print("       Whether it was refunded since, %s says.", c.VerifyURL)
	case "revoked":
		o.print("REFUNDED since, says the site.")
	default:
		o.print("       The site says: valid.")
	}
	licensed := fmt.Sprintf("%s (%s)", c.Licence.Name, c.Licence.Tier)
	o.table([]string{"licensed", ""}, [][]string{
		{"work", c.Work.String()},
		{"edition", fmt.Sprint(c.Work.Edition)},
		{"by", c.Producer.Name + " (@" + c.Producer.Handle + ")"},
		{"to", c.Licensee.Name},
		{"licence", licensed},
		{"text SHA-256", c.Licence.TextSHA256},
		{"order", c.Order},
		{"since", c.GrantedAt.Format(time.DateOnly)},
		{"files", fmt.Sprint(len(c.Files))},
	})
	for _, f := range v.Files {
		if f.LicensedAs == "" {
			o.print("NOT    %s", f.Name)
		} else {
			o.print("COVERS %s, as %s", f.Name, f.LicensedAs)
		}
	}
}

// publishedKeys are the site's, the named file's, or those of a file beside the certificate. A certificate is not asked where its
// keys are: whoever forged it would know an answer.
func publishedKeys(ctx context.Context, site *client.Asking, named, beside string) (certificate.KeySet, error) {
	if named == "" && site != nil {
		found, err := site.LicenceKeys(ctx)
		if err != nil {
			return certificate.KeySet{}, fmt.Errorf("fetch the published keys: %w", err)
		}
		raw, err := json.Marshal(found)
		if err != nil {
			return certificate.KeySet{}, err
		}
		return certificate.ParseKeys(raw)
	}
	if named == "" {
		named = filepath.Join(beside, path.Base(certificate.KeysPath))
	}
	raw, err := readSome(named)
	if errors.Is(err, fs.ErrNotExist) {
		return certificate.KeySet{}, fmt.Errorf("there is no %s: download it from the site (%s), or name the site with --site", named, certificate.KeysPath)
	}
	if err != nil {
		return certificate.KeySet{}, err
	}
	return certificate.ParseKeys(raw)
}

// cover hashes files, and those of folders, and looks for each among the licensed ones.
func cover(c *certificate.Certificate, names []string) ([]verifiedFile, error) {
	files := []verifiedFile{}
	for _, name := range names {
		err := filepath.WalkDir(name, func(at string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			sum, err := digestOf(at)
			if err != nil {
				return err
			}
			f := verifiedFile{Name: at, SHA256: sum}
			if licensed, ok := c.Covering(sum); ok {
				f.LicensedAs = licensed.Path
			}
			files = append(files, f)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func digestOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readSome reads a file that should be small.
func readSome(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, certificate.MaxSize+1))
	if err == nil && len(raw) > certificate.MaxSize {
		err = fmt.Errorf("it has more than %d bytes", certificate.MaxSize)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return raw, nil
}
