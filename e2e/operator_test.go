package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/operator/envfile"
)

// desk is an operator at the shared stack, with a token of an admin.
func desk(t *testing.T) (s site, data string) {
	t.Helper()
	s = visit(t)
	if shared.dir == "" {
		t.Skip("it needs the data folder of the stack")
	}
	if tokens[shared.dir] == "" {
		admin := s.newPerson(t, "Operator")
		mustCtl(t, shared.dir, "admin", "grant", admin.Email)
		tokens[shared.dir] = strings.TrimSpace(mustCtl(t, shared.dir, "admin", "token", admin.Email))
		secret(tokens[shared.dir])
	}
	return s, shared.dir
}

// says fails the test when a command's answer lacks something.
func says(t *testing.T, out string, wanted ...string) {
	t.Helper()
	for _, text := range wanted {
		if !strings.Contains(out, text) {
			t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
}

// declines fails the test when a command succeeds, or says something else.
func declines(t *testing.T, data, wanted string, args ...string) {
	t.Helper()
	out, err := ctl(t, data, args...)
	if err == nil || !strings.Contains(err.Error(), wanted) {
		t.Errorf("%s: %v, wanted %q\n%s", strings.Join(args, " "), err, wanted, out)
	}
}

// Everything is well on a fresh stack, in words and as JSON, and no key of the installation is shown.
func TestDoctor(t *testing.T) {
	_, data := desk(t)
	var out string
	eventually(t, 20*time.Second, "the doctor to be content", func() (bool, error) {
		var err error
		out, err = ctl(t, data, "doctor")
		return err == nil, fmt.Errorf("%w\n%s", err, out)
	})
	says(t, out, "ok     configuration", "ok     postgres", "ok     topics", "ok     storage", "ok     cors", "ok     mail", "sandbox, no money moves", "ok     analyzer", "ok     clock", "ok     disk")
	var findings []struct{ Name, State, Says string }
	if err := json.Unmarshal([]byte(mustCtl(t, data, "--json", "doctor")), &findings); err != nil || len(findings) < 16 {
		t.Errorf("%d findings as JSON: %v", len(findings), err)
	}
	lines, err := envfile.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(envfile.Path(data)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the keys: %v (%v)", info.Mode(), err)
	}
	shown := 0
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasSuffix(name, "_SECRET_KEY") || strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_PRIVATE_KEY") || strings.HasSuffix(name, "_SECRET") {
			shown++
			if value == "" || strings.Contains(out, value) {
				t.Errorf("%s is empty or shown", name)
			}
		}
	}
	if shown < 5 {
		t.Errorf("only %d secrets were looked for", shown)
	}
	declines(t, t.TempDir(), "nothing runs", "doctor")
}

// Packs and people by command: each act is done, needs its reason and its word, and is in the audit log.
func TestOperatorKeepsTheCatalogueHonest(t *testing.T) {
	s, data := desk(t)
	producer, buyer := s.newPerson(t, "Kept Honest"), s.newPerson(t, "Honest Buyer")
	made, word := samplePack(t, "paper", 41)
	bench := producer.newPack(t, made, listing{Title: "Honest " + word, Price: 500})
	slug := bench.Pack.Slug
	order := buyer.buy(t, api.Things{PackIDs: []string{bench.Pack.ID}})

	says(t, mustCtl(t, data, "accounts", "list", producer.Handle), producer.Email, "producer")
	says(t, mustCtl(t, data, "accounts", "show", producer.Email), producer.Handle, "1 live")
	says(t, mustCtl(t, data, "packs", "list", word), slug, "live")
	says(t, mustCtl(t, data, "packs", "show", slug), "trace of", "searchable", bench.Pack.ID)
	says(t, mustCtl(t, data, "orders", "list", buyer.Email), order.Number, "paid", "5.00 EUR")
	says(t, mustCtl(t, data, "orders", "show", order.Number), buyer.Email, "payment page")
	says(t, mustCtl(t, data, "orders", "check", order.ID), "paid")
	declines(t, data, "no order", "orders", "show", "nothing")
	declines(t, data, "no pack", "packs", "show", "no-such-pack-"+strings.ToLower(word))
	declines(t, data, "nobody has", "accounts", "show", "nobody-"+word)

	// A report, dismissed.
	if _, err := buyer.Report(deadline(t, 20*time.Second), api.NewReport{Kind: "pack", ID: bench.Pack.ID, Reason: "other", Text: "Sounds like " + word}); err != nil {
		t.Fatal(explain(err))
	}
	var reports api.AdminReports
	if err := json.Unmarshal([]byte(mustCtl(t, data, "--json", "reports", "list")), &reports); err != nil {
		t.Fatal(err)
	}
	report := ""
	for _, r := range reports.Reports {
		if r.Pack.ID == bench.Pack.ID {
			report = r.ID
		}
	}
	says(t, mustCtl(t, data, "reports", "list"), word, slug)
	declines(t, data, `"reason"`, "reports", "dismiss", report)
	says(t, mustCtl(t, data, "reports", "dismiss", "--reason", "It sounds like paper.", report), "dismissed")

	// Down, an appeal, and up again.
	declines(t, data, `"reason"`, "packs", "take-down", slug)
	declines(t, data, "not confirmed", "packs", "take-down", "--reason", "A mistake.", slug)
	says(t, mustCtl(t, data, "packs", "show", slug), "live")
	says(t, mustCtl(t, data, "--yes", "packs", "take-down", "--reason", "Stolen, it seems.", slug), "taken down")
	says(t, mustCtl(t, data, "packs", "show", slug), "taken_down", "Stolen, it seems.")
	if _, err := producer.Appeal(deadline(t, 20*time.Second), bench.Pack.ID, api.NewAppeal{Text: "I recorded every sheet of it myself."}); err != nil {
		t.Fatal(explain(err))
	}
	var appeals api.AdminAppeals
	if err := json.Unmarshal([]byte(mustCtl(t, data, "--json", "appeals", "list")), &appeals); err != nil {
		t.Fatal(err)
	}
	appeal := ""
	for _, a := range appeals.Appeals {
		if a.PackID == bench.Pack.ID {
			appeal = a.ID
		}
	}
	says(t, mustCtl(t, data, "appeals", "list"), "every sheet")
	says(t, mustCtl(t, data, "appeals", "grant", "--reason", "You did.", appeal), "granted")
	declines(t, data, "", "packs", "reinstate", "--reason", "Twice.", slug)

	// Out, and in again.
	declines(t, data, "not confirmed", "accounts", "suspend", "--reason", "Spam.", producer.Handle)
	says(t, mustCtl(t, data, "--yes", "accounts", "suspend", "--reason", "Spam.", producer.Handle), "suspended")
	_, err := s.door(t).For(client.Caller{Agent: "e2e"}).SignIn(deadline(t, 20*time.Second), api.SignIn{Email: producer.Email, Password: producer.Password})
	if err == nil {
		t.Error("a suspended producer comes in")
	}
	says(t, mustCtl(t, data, "accounts", "restore", "--packs", "--reason", "No spam.", producer.Email), "may come in")
	says(t, mustCtl(t, data, "audit", "--subject", bench.Pack.ID), "take_down", "Stolen, it seems.")
	says(t, mustCtl(t, data, "audit", "--action", "account"), "Spam.", "No spam.")
}

// Queues and what is made again, by command.
func TestOperatorMakesAgain(t *testing.T) {
	s, data := desk(t)
	producer := s.newPerson(t, "Made Again")
	made, word := samplePack(t, "paper", 42)
	bench := producer.newPack(t, made, listing{Title: "Again " + word})

	mustCtl(t, data, "needs")
	says(t, mustCtl(t, data, "outbox"), "waiting")
	says(t, mustCtl(t, data, "lag"), "packs", "uploads", "analyzer")
	says(t, mustCtl(t, data, "lag", "--partitions"), "packs/11")
	says(t, mustCtl(t, data, "dead", "list"), "uploads.dead")
	says(t, mustCtl(t, data, "dead", "list", "packs.dead"), "")
	declines(t, data, "usage", "dead", "redrive", "packs.dead")
	declines(t, data, "usage", "dead", "redrive", "--all", "packs.dead", "3")
	declines(t, data, "no offset", "dead", "redrive", "packs.dead", "x")
	says(t, mustCtl(t, data, "dead", "redrive", "--all", "packs.dead"), "0 sent again")
	declines(t, data, "not confirmed", "dead", "dismiss", "--all", "--reason", "old", "packs.dead")
	says(t, mustCtl(t, data, "jobs", "list", "--kind", "mail"), "mail", "completed")
	declines(t, data, "number", "jobs", "retry", "x")
	declines(t, data, "", "jobs", "cancel", "--reason", "none", "999999999")

	before := bench.Trace.Revision
	says(t, mustCtl(t, data, "republish", "--reason", "a test", bench.Pack.Slug), "1 packs")
	eventually(t, 30*time.Second, "the pack at a new revision", func() (bool, error) {
		var shown struct{ Trace api.Trace }
		err := json.Unmarshal([]byte(mustCtl(t, data, "--json", "packs", "show", bench.Pack.ID)), &shown)
		return shown.Trace.Revision > before && shown.Trace.SearchableAt != nil, err
	})
	declines(t, data, "usage", "republish", "--reason", "nothing named")
	says(t, mustCtl(t, data, "reindex", "status"), "answers searches")
	says(t, mustCtl(t, data, "reindex", "start", "--watch", "--reason", "a test"), "done", "[██", "a test")
	says(t, mustCtl(t, data, "reindex", "watch"), "kept until")
	says(t, mustCtl(t, data, "reindex", "verify", "--watch", "--reason", "a second look"), "done")
	declines(t, data, "not confirmed", "reindex", "rollback", "--reason", "a test")
	says(t, mustCtl(t, data, "--yes", "reindex", "rollback", "--reason", "a test"), "answers searches")
	declines(t, data, "", "--yes", "reindex", "cancel")

	says(t, mustCtl(t, data, "reprocess", "--pack", bench.Pack.Slug, "--reason", "a test"), "measured again")
	says(t, mustCtl(t, data, "reprocess", "--status"), "analyzer")
	declines(t, data, "choose one", "reprocess", "--reason", "a test")
	declines(t, data, "--reason", "reprocess", "--pack", bench.Pack.Slug)
	says(t, mustCtl(t, data, "objects", "sweep"), "asked for")
	var list api.StoredObjects
	eventually(t, 2*time.Minute, "the sweep to end", func() (bool, error) {
		list = api.StoredObjects{}
		err := json.Unmarshal([]byte(mustCtl(t, data, "--json", "objects", "list")), &list)
		return list.Running == nil && list.LastSweep != nil, err
	})
	if list.LastSweep.Error != "" {
		t.Errorf("the sweep broke off: %s", list.LastSweep.Error)
	}
	for _, missing := range list.Missing {
		if missing.PackID == bench.Pack.ID {
			t.Errorf("%s is missing", missing.Key)
		}
	}
	says(t, mustCtl(t, data, "objects", "list"), "last sweep")
}

// Who has no token, or no right one, is told what to do.
func TestOperatorWithoutToken(t *testing.T) {
	s, data := desk(t)
	kept := tokens[data]
	defer func() { tokens[data] = kept }()
	tokens[data] = ""
	declines(t, data, "admin token EMAIL", "needs")
	tokens[data] = "crt_wrong-" + strings.Repeat("x", 33)
	declines(t, data, "still good", "needs")
	// A buyer's session is no admin's token.
	tokens[data] = s.newPerson(t, "No Operator").Token
	declines(t, data, "admin", "needs")
	tokens[data] = kept
	declines(t, data, "no command", "packs", "nothing")
	declines(t, data, "usage", "packs", "show")
}
