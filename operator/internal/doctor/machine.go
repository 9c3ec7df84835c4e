package doctor

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	netmail "net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// configuration looks at what can be seen without asking anybody.
func (e examination) configuration(context.Context) Finding {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	production := e.s.Env == "production"
	if !production && e.s.Env != "development" {
		fault("CRATEFUL_ENV is neither development nor production")
	}
	switch u, err := url.Parse(e.s.PublicURL); {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		fault("CRATEFUL_PUBLIC_URL is no http address")
	case production && u.Scheme != "https":
		fault("CRATEFUL_PUBLIC_URL must be https in production")
	}
	if production && e.s.StripeURL != "" {
		fault("STRIPE_API_URL names a sandbox in production")
	}
	if key := e.s.StripeKey.Reveal(); key != "" && !strings.HasPrefix(key, "sk_test_") {
		fault("STRIPE_SECRET_KEY must begin with sk_test_: this release takes no real money")
	}
	for name, token := range e.s.ServiceTokens {
		if len(token.Reveal()) < 16 {
			fault("the service token of %s is shorter than 16 characters", name)
		}
	}
	if own := e.s.ServiceToken.Reveal(); own != "" && len(e.s.ServiceTokens) > 0 {
		known := false
		for _, token := range e.s.ServiceTokens {
			known = known || token.Reveal() == own
		}
		if !known {
			fault("CRATEFUL_SERVICE_TOKEN is not one of CRATEFUL_SERVICE_TOKENS")
		}
	}
	if seed := e.s.IdentityPrivate.Reveal(); seed != "" {
		raw, err := base64.StdEncoding.DecodeString(seed)
		switch {
		case err != nil || len(raw) != ed25519.SeedSize:
			fault("IDENTITY_PRIVATE_KEY is no Ed25519 seed in base64")
		case e.s.IdentityPublic != "" && e.s.IdentityPublic != base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(raw).Public().(ed25519.PublicKey)):
			fault("IDENTITY_PUBLIC_KEY does not belong to IDENTITY_PRIVATE_KEY: nobody could sign in")
		}
	}
	if _, err := netmail.ParseAddress(e.s.MailFrom); err != nil {
		fault("MAIL_FROM is no address")
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return wrong("correct them as .env.example says, and restart the services", "%s", strings.Join(faults, "; "))
	}
	return well("%s for %s, read from %s", e.s.Env, e.s.PublicURL, e.s.From)
}

// ready asks a service whether it has what it needs.
func ready(ctx context.Context, name, address string) Finding {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/readyz", nil)
	if err != nil {
		return wrong("correct "+strings.ToUpper(name)+"_URL", "%v", plain(err))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return wrong("start "+name+", or correct "+strings.ToUpper(name)+"_URL", "%s at %s", slow(plain(err)), address)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return well("ready at %s", address)
	}
	var body struct {
		Status string
		Parts  map[string]string
	}
	_ = json.NewDecoder(res.Body).Decode(&body) // without it the status says enough
	var lacks []string
	for part, state := range body.Parts {
		if state != "ok" {
			lacks = append(lacks, part)
		}
	}
	slices.Sort(lacks)
	if len(lacks) > 0 {
		return wrong("mend that first; "+name+" then goes on by itself", "not ready at %s: lacks %s", address, strings.Join(lacks, ", "))
	}
	return wrong("look at the log of "+name, "answers %s at %s", res.Status, address)
}

// Person tokens live for a minute, and storage refuses signatures that are older than a quarter of an hour.
const mostSkew = 5 * time.Second

// clock compares this computer's with what the database and storage say.
func (e examination) clock(ctx context.Context) Finding {
	skews := map[string]time.Duration{}
	if e.s.DatabaseURL != "" {
		if conn, err := pgx.Connect(ctx, e.s.DatabaseURL.Reveal()); err == nil {
			began := time.Now()
			var theirs time.Time
			if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&theirs); err == nil {
				skews["postgres"] = theirs.Sub(began.Add(time.Since(began) / 2))
			}
			_ = conn.Close(ctx)
		}
	}
	sources := map[string]string{"storage": e.s.S3Endpoint}
	for name, addresses := range map[string][]string{"web": e.s.Web, "experience": e.s.Experience, "models": e.s.Models} {
		if len(addresses) > 0 {
			sources[name] = addresses[0]
		}
	}
	for name, address := range sources {
		if !strings.Contains(address, "://") {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/healthz", nil)
		if err != nil {
			continue
		}
		began := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // its own line says so
		}
		_ = res.Body.Close()
		if theirs, err := http.ParseTime(res.Header.Get("Date")); err == nil {
			// Dates are cut to whole seconds.
			skews[name] = theirs.Add(500 * time.Millisecond).Sub(began.Add(time.Since(began) / 2))
		}
	}
	if len(skews) == 0 {
		return note("nobody answers with a time", "")
	}
	worst, who := time.Duration(0), ""
	for name, skew := range skews {
		if skew.Abs() >= worst.Abs() {
			worst, who = skew, name
		}
	}
	if worst.Abs() > mostSkew {
		return wrong("let NTP set the clocks: sign-ins and uploads fail otherwise", "%s is %v away from this computer", who, worst.Round(time.Second))
	}
	return well("%d others agree with this computer to %v", len(skews), mostSkew)
}

// disk looks at the folders that this computer has.
func (e examination) disk(context.Context) Finding {
	const least, low = 1 << 30, 5 // bytes, percent; a disk that was made small has less, and is not full by that
	var says []string
	seen := map[any]bool{} // systems number their disks with different types
	for _, dir := range []string{e.s.Data, e.s.IndexerData, os.TempDir()} {
		var at syscall.Stat_t
		var fs syscall.Statfs_t
		if dir == "" || syscall.Stat(dir, &at) != nil || syscall.Statfs(dir, &fs) != nil || seen[at.Dev] || fs.Blocks == 0 {
			continue
		}
		seen[at.Dev] = true
		free, percent := int64(fs.Bavail)*int64(fs.Bsize), int(100*fs.Bavail/fs.Blocks) //nolint:unconvert // other systems have other types
		small := int64(fs.Blocks)*int64(fs.Bsize) < 10*least                            //nolint:unconvert // likewise
		if free < least && !small || percent < low {
			return wrong("free space there", "%s left for %s (%d%%)", size(free), dir, percent)
		}
		says = append(says, fmt.Sprintf("%s left for %s", size(free), dir))
	}
	return well("%s", strings.Join(says, ", "))
}
