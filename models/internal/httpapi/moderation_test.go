package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/models"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// desk is an admin at work through the door alone.
type desk struct {
	*modelstest.Stack
	t   testing.TB
	who *modelstest.Someone
}

func newDesk(t testing.TB, s *modelstest.Stack) *desk {
	t.Helper()
	who := s.SignUp(t, "")
	s.MakeAdmin(t, who)
	return &desk{s, t, who}
}

func (d *desk) do(method, path string, body any) modelstest.Response {
	d.t.Helper()
	return d.Do(d.t, modelstest.Request{Method: method, Path: path, As: d.who, Body: body})
}

func (d *desk) audit(query string) []api.AuditEntry {
	d.t.Helper()
	return modelstest.Into[api.AuditEntries](d.t, d.do("GET", "/v1/admin/audit?limit=200&"+query, nil), http.StatusOK).Entries
}

func (d *desk) account(id string) api.AdminAccountDetail {
	d.t.Helper()
	return modelstest.Into[api.AdminAccountDetail](d.t, d.do("GET", "/v1/admin/accounts/"+id, nil), http.StatusOK)
}

func (d *desk) pack(id string) api.AdminPack {
	d.t.Helper()
	found := modelstest.Into[api.AdminPacks](d.t, d.do("GET", "/v1/admin/packs?q="+id, nil), http.StatusOK).Packs
	if len(found) != 1 {
		d.t.Fatalf("%d packs have the id %s", len(found), id)
	}
	return found[0]
}

func (d *desk) takeDown(id string, in api.TakeDown) {
	d.t.Helper()
	if p := modelstest.Into[api.StudioPack](d.t, d.do("POST", "/v1/packs/"+id+"/take-down", in), http.StatusOK); p.State != api.PackTakenDown || p.Listed {
		d.t.Fatalf("taken down: %+v", p)
	}
}

func (d *desk) done(method, path string, body any) {
	d.t.Helper()
	modelstest.Into[struct{}](d.t, d.do(method, path, body), http.StatusNoContent)
}

func reason(t testing.TB, r modelstest.Response, status int) string {
	t.Helper()
	p := modelstest.Into[httpx.Problem](t, r, status)
	if len(p.Fields) > 0 {
		return p.Fields[0].Name
	}
	return p.Reason
}

// owns gives somebody the pack: its price falls to nothing first.
func (s *studio) owns(p *modelstest.Someone, packID string) {
	s.t.Helper()
	modelstest.Into[api.Workbench](s.t, s.do("PATCH", "/v1/packs/"+packID, api.PackChange{Price: euro(0), SoundPrice: euro(0)}, s.bench(packID).Pack.ETag), http.StatusOK)
	s.publish(packID)
	s.Do(s.t, modelstest.Request{Method: "POST", Path: "/v1/cart/lines", As: p, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: packID}}}})
	o := modelstest.Into[api.Order](s.t, s.Do(s.t, modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: p, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": packID},
	}), http.StatusCreated)
	if o.State != api.OrderPaid {
		s.t.Fatalf("the order is %s", o.State)
	}
}

func (s *studio) last(packID string) events.Envelope {
	s.t.Helper()
	all := s.events(packID)
	return all[len(all)-1]
}

func TestDisablingTakesEverythingOffSaleAndEnablingGivesExactlyThatBack(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d := newStudio(t, stack), newDesk(t, stack)
	live, changed := s.live("Live", "a.wav"), s.live("Changed", "b.wav")
	modelstest.Into[api.Workbench](t, s.do("PATCH", "/v1/packs/"+changed, api.PackChange{Description: ptr("Another text.")}, s.bench(changed).Pack.ETag), http.StatusOK)
	withdrawn, down := s.live("Withdrawn", "c.wav"), s.live("Down", "d.wav")
	modelstest.Into[api.StudioPack](t, s.do("POST", "/v1/packs/"+withdrawn+"/withdraw", nil, s.bench(withdrawn).Pack.ETag), http.StatusOK)
	d.takeDown(down, api.TakeDown{Reason: "A claim of its own."})
	coming := s.create("Coming").Pack.ID
	s.sound(coming, "e.wav")
	s.fill(coming)
	edition := s.publish(coming).EditionID
	draft := s.create("Draft").Pack.ID
	d.Do(t, modelstest.Request{Method: "POST", Path: "/v1/cart/lines", As: d.who, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: live}}}})

	id := s.who.Account.ID
	d.done("POST", "/v1/admin/accounts/"+id+"/disable", api.Disable{Reason: "Sells what is not theirs."})
	begun := time.Now()
	want := map[string]api.PackState{
		live: api.PackTakenDown, changed: api.PackTakenDown, withdrawn: api.PackWithdrawn, down: api.PackTakenDown, coming: api.PackReady, draft: api.PackDraft,
	}
	for pack, state := range want {
		if got := d.pack(pack); got.State != state || got.Listed || !got.ProducerDisabled {
			t.Errorf("%s is %s, listed %v", got.Title, got.State, got.Listed)
		}
	}
	modelstest.Eventually(t, "the events are sent", func() bool {
		return postgrestest.One[int](t, s.DB, "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND key = ANY ($1)", []string{live, changed}) == 0
	})
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("sent after %s", took)
	}
	for _, pack := range []string{live, changed} {
		if e := s.last(pack); e.Type != (events.PackWithdrawnV1{}).EventType() || !strings.Contains(string(e.Data), `"taken_down":true`) {
			t.Errorf("last event is %s: %s", e.Type, e.Data)
		}
		if got := d.pack(pack).TakenDown; got == nil || !got.WithAccount || !got.FilesKept || !strings.Contains(got.Reason, "not theirs") {
			t.Errorf("taken down: %+v", got)
		}
		if res := d.do("GET", "/v1/packs/"+pack, nil); res.Status != http.StatusGone {
			t.Errorf("its page answers %d", res.Status)
		}
	}
	cart := modelstest.Into[api.Cart](t, d.do("GET", "/v1/cart", nil), http.StatusOK)
	if len(cart.Lines) != 1 || len(cart.Totals) != 0 {
		t.Errorf("the cart still sells it: %+v", cart)
	}
	if late := modelstest.Into[api.EditionReported](t, s.analyzer("POST", "/v1/editions/"+edition+"/report", zip(edition)), http.StatusOK); late.Applied || late.State != api.PackReady {
		t.Errorf("a late edition went on sale: %+v", late)
	}
	detail := d.account(id)
	names := []string{}
	for _, p := range detail.Suspended {
		names = append(names, p.Title)
	}
	if !slices.Equal(names, []string{"Changed", "Live"}) || detail.Sessions != 0 || detail.Packs[api.PackTakenDown] != 3 || detail.Account.DisabledAt == nil {
		t.Errorf("the account: %+v", detail)
	}
	if m := s.Mailbox.Await(t, s.who.Email, "locked", 1); !strings.Contains(m.Plain, "Sells what is not theirs.") {
		t.Errorf("the mail says %s", m.Plain)
	}
	acts := d.audit("subject=account:" + id)
	if len(acts) != 1 || acts[0].Action != "account.disable" || acts[0].ActorEmail != d.who.Email || acts[0].Reason != "Sells what is not theirs." || acts[0].RequestID == "" ||
		acts[0].Via != "experience" || !strings.Contains(string(acts[0].Data), live) || strings.Contains(string(acts[0].Data), down) {
		t.Errorf("written down: %+v", acts)
	}

	revision := d.pack(live).Revision
	d.done("POST", "/v1/admin/accounts/"+id+"/disable", api.Disable{Reason: "Sells what is not theirs."})
	if got := d.pack(live).Revision; got != revision || len(d.audit("subject="+id)) != 1 {
		t.Errorf("disabling twice made revision %d of %d", got, revision)
	}
	d.takeDown(changed, api.TakeDown{Reason: "This one is stolen for certain."}) // no longer with the account alone

	d.done("POST", "/v1/admin/accounts/"+id+"/enable", nil)
	if got := d.pack(live); got.State != api.PackTakenDown || got.ProducerDisabled {
		t.Errorf("enabling alone gave back %+v", got)
	}
	if m := s.Mailbox.Await(t, s.who.Email, "open again", 1); !strings.Contains(m.Plain, "1 of your packs") {
		t.Errorf("the mail says %s", m.Plain)
	}
	for range 2 {
		d.done("POST", "/v1/admin/accounts/"+id+"/enable", api.Enable{RestorePacks: true})
	}
	want[live], want[coming] = api.PackLive, api.PackReady
	for pack, state := range want {
		if got := d.pack(pack); got.State != state || got.Listed != (state == api.PackLive) {
			t.Errorf("%s is %s after enabling", got.Title, got.State)
		}
	}
	if e := s.last(live); e.Type != (events.PackPublishedV1{}).EventType() || e.Revision != revision+1 {
		t.Errorf("last event is %s of revision %d", e.Type, e.Revision)
	}
	if page := modelstest.Into[api.PackPage](t, d.do("GET", "/v1/packs/"+live, nil), http.StatusOK); page.Card.Title != "Live" {
		t.Errorf("its page: %+v", page.Card)
	}
	if got := len(d.audit("action=account.enable&subject=" + id)); got != 2 {
		t.Errorf("enabled %d times in the log", got)
	}
}

func TestPacksComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d := newStudio(t, stack), newDesk(t, stack)
	edited, building := s.live("Edited", "a.wav"), s.live("Building", "b.wav")
	modelstest.Into[api.Workbench](t, s.do("PATCH", "/v1/packs/"+edited, api.PackChange{Description: ptr("Unseen.")}, s.bench(edited).Pack.ETag), http.StatusOK)
	s.sound(building, "c.wav")
	next := s.publish(building).EditionID // listed, with a new edition under way

	path := "/v1/admin/accounts/" + s.who.Account.ID
	d.done("POST", path+"/disable", api.Disable{Reason: "For a look."})
	if late := modelstest.Into[api.EditionReported](t, s.analyzer("POST", "/v1/editions/"+next+"/report", zip(next)), http.StatusOK); late.Applied {
		t.Errorf("a late edition went on sale: %+v", late)
	}
	d.done("POST", path+"/enable", api.Enable{RestorePacks: true, Reason: "All is well."})
	s.who = s.SignIn(t, s.who, "")
	for _, id := range []string{edited, building} {
		b := s.bench(id)
		if b.Pack.State != api.PackLive || !b.Pack.Unpublished || b.Pack.TakenDownFor != "" || b.Pack.Edition != 1 {
			t.Errorf("%s came back as %+v", b.Pack.Title, b.Pack.StudioPack)
		}
	}
	page := modelstest.Into[api.PackPage](t, d.do("GET", "/v1/packs/"+edited, nil), http.StatusOK)
	if page.Description == "Unseen." {
		t.Error("what was not published is on sale")
	}
	if p := s.publish(building); !p.NewEdition {
		t.Errorf("publishing again makes %+v", p)
	}
	if got := d.audit("action=account.enable"); len(got) != 1 || got[0].Reason != "All is well." {
		t.Errorf("written down: %+v", got)
	}
}

// A producer publishes while an admin locks the account: whoever comes first, nothing of it stays on sale.
func TestDisablingWhilePublishing(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	d := newDesk(t, stack)
	for round := range 6 {
		s := newStudio(t, stack)
		var editions []string
		for i := range 4 {
			id := s.create(fmt.Sprintf("Race %d %d", round, i)).Pack.ID
			s.sound(id, fmt.Sprintf("%d.wav", i))
			s.fill(id)
			edition := s.publish(id).EditionID
			modelstest.Into[api.EditionBegun](t, s.analyzer("POST", "/v1/editions/"+edition+"/begin", nil), http.StatusOK)
			editions = append(editions, edition)
		}
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i, e := range editions {
			wg.Go(func() {
				<-start
				time.Sleep(time.Duration(i*round) * time.Millisecond) // other interleavings each round
				if res := s.analyzer("POST", "/v1/editions/"+e+"/report", zip(e)); res.Status != http.StatusOK {
					t.Errorf("report: %d %s", res.Status, res.Body)
				}
			})
		}
		wg.Go(func() {
			<-start
			d.done("POST", "/v1/admin/accounts/"+s.who.Account.ID+"/disable", api.Disable{Reason: "Race."})
		})
		close(start)
		wg.Wait()
		if n := postgrestest.One[int](t, s.DB, "SELECT count(*) FROM packs WHERE producer_id = $1 AND (listed OR state = 'publishing')", s.who.Account.ID); n != 0 {
			t.Fatalf("round %d: %d packs of a locked account are on sale", round, n)
		}
		if n := postgrestest.One[int](t, s.DB, `SELECT count(*) FROM packs p WHERE producer_id = $1 AND (state = 'taken_down')
			<> EXISTS (SELECT 1 FROM take_downs t WHERE t.pack_id = p.id AND t.with_account AND t.ended_at IS NULL)`, s.who.Account.ID); n != 0 {
			t.Errorf("round %d: %d packs are taken down and not remembered, or the other way round", round, n)
		}
	}
}

func TestTheDatabaseKeepsLockedAccountsOffSale(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s := newStudio(t, stack)
	id := s.live("Live", "a.wav")
	refused := func(what, constraint, sql string, args ...any) {
		t.Helper()
		if _, err := s.DB.Pool().Exec(t.Context(), sql, args...); err == nil || !strings.Contains(err.Error(), constraint) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("locking a seller", "packs of this account are on sale", "UPDATE accounts SET disabled_at = now() WHERE id = $1", s.who.Account.ID)
	newDesk(t, stack).done("POST", "/v1/admin/accounts/"+s.who.Account.ID+"/disable", api.Disable{Reason: "spam"})
	refused("listing a locked seller's pack", "account is disabled", "UPDATE packs SET state = 'live', listed = true, taken_down_for = '' WHERE id = $1", id)
	refused("two take-downs at once", "take_downs_open_key", `INSERT INTO take_downs (id, pack_id, with_account, reason, files_kept, unpublished, at)
		VALUES (gen_random_uuid(), $1, false, 'x', true, false, now())`, id)
	refused("a change of the log", "only grows", "UPDATE audit_log SET reason = 'nothing'")
	refused("a deletion from the log", "only grows", "DELETE FROM audit_log")
	refused("emptying the log", "only grows", "TRUNCATE audit_log")
}

func TestTakingDownTellsProducerAndOwners(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d := newStudio(t, stack), newDesk(t, stack)
	buyer := s.SignUp(t, "")
	id := s.live("Owned", "a.wav")
	s.owns(buyer, id)
	download := func() modelstest.Response {
		return s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/downloads", As: buyer, Body: api.DownloadRequest{Kind: api.ItemPack, ID: id}})
	}
	item := func() api.LibraryItem {
		page := modelstest.Into[api.LibraryPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/library", As: buyer}), http.StatusOK)
		return page.Items[0]
	}
	if r := reason(t, d.do("POST", "/v1/packs/"+id+"/take-down", api.TakeDown{Reason: " "}), http.StatusBadRequest); r != "reason" {
		t.Errorf("without a reason: %s", r)
	}
	d.takeDown(id, api.TakeDown{Reason: "Somebody else's sounds."})
	d.takeDown(id, api.TakeDown{Reason: "Somebody else's sounds."})
	mail := s.Mailbox.Await(t, s.who.Email, "Owned was taken down", 1)
	if !strings.Contains(mail.Plain, "Somebody else's sounds.") || !strings.Contains(mail.Plain, "http://crateful.test/studio/packs/"+id) {
		t.Errorf("the producer reads %s", mail.Plain)
	}
	if m := s.Mailbox.Await(t, buyer.Email, "Owned was taken off sale", 1); !strings.Contains(m.Plain, "go on downloading") || strings.Contains(m.Plain, "else's") {
		t.Errorf("the buyer reads %s", m.Plain)
	}
	if got := item(); got.PackState != "taken_down" || got.FilesGone {
		t.Errorf("the library shows %+v", got)
	}
	modelstest.Into[api.DownloadGrant](t, download(), http.StatusOK)

	d.takeDown(id, api.TakeDown{Reason: "Somebody else's sounds, and they mind.", RemoveFiles: true})
	if m := s.Mailbox.Await(t, buyer.Email, "Owned was taken off sale", 2); !strings.Contains(m.Plain, "cannot be downloaded") {
		t.Errorf("the buyer reads %s", m.Plain)
	}
	if r := reason(t, download(), http.StatusGone); r != "files_removed" || !item().FilesGone {
		t.Errorf("downloading answers %s", r)
	}
	if got := d.pack(id); got.Owners != 1 || got.TakenDown == nil || got.TakenDown.FilesKept || got.TakenDown.WithAccount {
		t.Errorf("the pack: %+v", got)
	}
	modelstest.Into[api.StudioPack](t, d.do("POST", "/v1/packs/"+id+"/reinstate", api.Reinstate{Reason: "It was cleared."}), http.StatusOK)
	modelstest.Into[api.DownloadGrant](t, download(), http.StatusOK)
	s.Mailbox.Await(t, s.who.Email, "Owned can be sold again", 1)
	if r := reason(t, d.do("POST", "/v1/packs/"+id+"/reinstate", nil), http.StatusConflict); r != "pack_withdrawn" {
		t.Errorf("reinstating twice: %s", r)
	}
	var actions []string
	for _, e := range d.audit("subject=pack:" + id) {
		actions = append(actions, e.Action)
	}
	if !slices.Equal(actions, []string{"pack.reinstate", "pack.take_down", "pack.take_down"}) {
		t.Errorf("written down: %v", actions)
	}
	if got := len(s.Mailbox.Mails(buyer.Email)); got != 4 { // confirm, receipt and two notices
		t.Errorf("the buyer got %d mails", got)
	}
}

// An act taken back straight away leaves everything as it was, for buyers and for the index.
func TestReinstatingAsBefore(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d := newStudio(t, stack), newDesk(t, stack)
	id := s.live("Undone", "a.wav")
	before := d.pack(id)
	d.takeDown(id, api.TakeDown{Reason: "The wrong one.", RemoveFiles: true})
	d.takeDown(id, api.TakeDown{Reason: "The wrong one, again."})
	if got := d.pack(id).TakenDown; got == nil || !got.Listed {
		t.Fatalf("taken down: %+v", got)
	}
	modelstest.Into[api.StudioPack](t, d.do("POST", "/v1/packs/"+id+"/reinstate", api.Reinstate{AsBefore: true}), http.StatusOK)
	after := d.pack(id)
	if after.State != api.PackLive || !after.Listed || after.TakenDown != nil || after.Unpublished != before.Unpublished || after.Revision <= before.Revision {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if m := s.Mailbox.Await(t, s.who.Email, "Undone is on sale again", 1); !strings.Contains(m.Plain, "as it was before") {
		t.Errorf("the producer reads %s", m.Plain)
	}
	if r := reason(t, d.do("POST", "/v1/packs/"+id+"/reinstate", api.Reinstate{AsBefore: true}), http.StatusConflict); r != "pack_live" {
		t.Errorf("reinstating twice: %s", r)
	}

	s.withdraw(id)
	d.takeDown(id, api.TakeDown{Reason: "And off with it."})
	if got := d.pack(id).TakenDown; got == nil || got.Listed {
		t.Fatalf("taken down while withdrawn: %+v", got)
	}
	modelstest.Into[api.StudioPack](t, d.do("POST", "/v1/packs/"+id+"/reinstate", api.Reinstate{AsBefore: true}), http.StatusOK)
	if got := d.pack(id); got.State != api.PackWithdrawn || got.Listed {
		t.Errorf("what was withdrawn came back as %+v", got)
	}
}

func TestAppeals(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d, other := newStudio(t, stack), newDesk(t, stack), newDesk(t, stack)
	id := s.live("Mine", "a.wav")
	path := "/v1/packs/" + id + "/appeal"
	appeal := func() modelstest.Response {
		return s.do("POST", path, api.NewAppeal{Text: "I recorded every sound myself."}, "")
	}
	if r := reason(t, appeal(), http.StatusConflict); r != "pack_not_taken_down" {
		t.Errorf("while on sale: %s", r)
	}
	d.takeDown(id, api.TakeDown{Reason: "A claim."})
	if r := reason(t, s.do("POST", path, api.NewAppeal{Text: "Mine."}, ""), http.StatusBadRequest); r != "text" {
		t.Errorf("too short: %s", r)
	}
	first := modelstest.Into[api.Appeal](t, appeal(), http.StatusCreated)
	if r := reason(t, appeal(), http.StatusConflict); r != "appeal_open" {
		t.Errorf("a second one: %s", r)
	}
	if got := d.pack(id).OpenAppeal; got != first.ID {
		t.Errorf("the pack's open appeal is %q", got)
	}
	listed := modelstest.Into[api.AdminAppeals](t, d.do("GET", "/v1/admin/appeals", nil), http.StatusOK).Appeals
	if len(listed) != 1 || listed[0].Reason != "A claim." || listed[0].Pack.Title != "Mine" || listed[0].Producer.ID != s.who.Account.ID {
		t.Errorf("listed: %+v", listed)
	}
	resolve := "/v1/admin/appeals/" + first.ID + "/resolve"
	modelstest.Into[api.AdminAppeal](t, d.do("POST", resolve, api.ResolveAppeal{Answer: "The claim holds."}), http.StatusOK)
	if m := s.Mailbox.Await(t, s.who.Email, "Mine stays off sale", 1); !strings.Contains(m.Plain, "The claim holds.") {
		t.Errorf("the producer reads %s", m.Plain)
	}

	second := modelstest.Into[api.Appeal](t, appeal(), http.StatusCreated)
	resolve = "/v1/admin/appeals/" + second.ID + "/resolve"
	statuses := atOnce(
		func() int {
			return d.do("POST", resolve, api.ResolveAppeal{Granted: true, Answer: "You are right."}).Status
		},
		func() int { return other.do("POST", resolve, api.ResolveAppeal{Answer: "You are not."}).Status },
	)
	if !slices.Equal(statuses, []int{http.StatusOK, http.StatusConflict}) {
		t.Fatalf("two admins at once got %v", statuses)
	}
	mine := modelstest.Into[api.Appeals](t, s.do("GET", path+"s", nil, ""), http.StatusOK).Appeals
	if len(mine) != 2 || mine[0].ID != second.ID || mine[1].State != api.AppealRefused || mine[1].Answer != "The claim holds." {
		t.Fatalf("the producer sees %+v", mine)
	}
	state, action := api.PackTakenDown, "appeal.refuse"
	if mine[0].State == api.AppealGranted {
		state, action = api.PackWithdrawn, "appeal.grant"
	}
	if got := d.pack(id); got.State != state {
		t.Errorf("appeal %s, pack %s", mine[0].State, got.State)
	}
	if got := d.audit("subject=" + second.ID); len(got) != 1 || got[0].Action != action {
		t.Errorf("written down: %+v", got)
	}

	d.takeDown(id, api.TakeDown{Reason: "Another claim."})
	third := modelstest.Into[api.Appeal](t, appeal(), http.StatusCreated)
	modelstest.Into[api.StudioPack](t, d.do("POST", "/v1/packs/"+id+"/reinstate", nil), http.StatusOK)
	granted := modelstest.Into[api.AdminAppeals](t, d.do("GET", "/v1/admin/appeals?state=granted&limit=1", nil), http.StatusOK).Appeals
	if len(granted) != 1 || granted[0].ID != third.ID {
		t.Errorf("reinstating left the appeal open: %+v", granted)
	}
}

// atOnce runs calls together and answers their sorted results.
func atOnce(calls ...func() int) []int {
	out := make([]int, len(calls))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { <-start; out[i] = call() })
	}
	close(start)
	wg.Wait()
	slices.Sort(out)
	return out
}

func TestReports(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	s, d, other := newStudio(t, stack), newDesk(t, stack), newDesk(t, stack)
	id := s.live("Reported", "a.wav", "b.wav")
	sound := s.bench(id).Sounds[0].ID
	report := func(in api.NewReport, as *modelstest.Someone, ip string) modelstest.Response {
		t.Helper()
		return s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/reports", As: as, IP: ip, Body: in})
	}
	spam := api.NewReport{Kind: api.ReportPack, ID: id, Reason: api.ReportSpam, Email: "visitor@example.test"}
	for name, wrong := range map[string]func(in *api.NewReport){
		"email":  func(in *api.NewReport) { in.Email = "" },
		"kind":   func(in *api.NewReport) { in.Kind = "crate" },
		"reason": func(in *api.NewReport) { in.Reason = "dislike" },
		"text":   func(in *api.NewReport) { in.Reason = api.ReportOther },
	} {
		in := spam
		wrong(&in)
		if r := reason(t, report(in, nil, ""), http.StatusBadRequest); r != name {
			t.Errorf("a wrong %s is refused for %s", name, r)
		}
	}
	if res := report(api.NewReport{Kind: api.ReportPack, ID: s.create("Draft").Pack.ID, Reason: api.ReportSpam, Email: "v@example.test"}, nil, ""); res.Status != http.StatusNotFound {
		t.Errorf("a draft can be reported: %d", res.Status)
	}
	first := modelstest.Into[api.Reported](t, report(spam, nil, ""), http.StatusCreated)
	spam.Email = "Visitor@Example.test"
	if again := modelstest.Into[api.Reported](t, report(spam, nil, ""), http.StatusCreated); again != first {
		t.Errorf("the same again is %+v", again)
	}
	person := s.SignUp(t, "")
	modelstest.Into[api.Reported](t, report(api.NewReport{Kind: api.ReportPack, ID: id, Reason: api.ReportStolen, Email: "not-mine@example.test"}, person, ""), http.StatusCreated)
	modelstest.Into[api.Reported](t, report(api.NewReport{Kind: api.ReportSound, ID: sound, Reason: api.ReportOther, Text: "It clicks.", Email: "visitor@example.test"}, nil, ""), http.StatusCreated)
	list := modelstest.Into[api.AdminReports](t, d.do("GET", "/v1/admin/reports", nil), http.StatusOK).Reports
	if len(list) != 2 || list[0].Kind != api.ReportPack || list[0].Count != 2 || list[0].Reasons[api.ReportSpam] != 1 || list[0].Reasons[api.ReportStolen] != 1 ||
		list[0].Reports[1].Email != person.Email || list[0].Reports[1].ReporterID != person.Account.ID || list[1].Kind != api.ReportSound || list[1].Pack.ID != id ||
		list[1].Reports[0].Text != "It clicks." || list[1].Producer.ID != s.who.Account.ID {
		t.Fatalf("grouped: %+v", list)
	}
	if got := d.pack(id).OpenReports; got != 3 {
		t.Errorf("%d open reports", got)
	}

	path := "/v1/admin/reports/" + list[1].ID + "/resolve"
	if r := reason(t, d.do("POST", path, api.ResolveReport{Outcome: api.ReportTakenDown}), http.StatusBadRequest); r != "note" {
		t.Errorf("taken down without a word: %s", r)
	}
	for _, typed := range []string{"", "Another"} {
		if r := reason(t, d.do("POST", path, api.ResolveReport{Outcome: api.ReportTakenDown, Note: "It is stolen.", Title: &typed}), http.StatusBadRequest); r != "title" {
			t.Errorf("taken down with the title %q: %s", typed, r)
		}
	}
	statuses := atOnce(
		func() int {
			return d.do("POST", path, api.ResolveReport{Outcome: api.ReportTakenDown, Note: "It is stolen.", Title: new("Reported")}).Status
		},
		func() int { return other.do("POST", path, api.ResolveReport{Outcome: api.ReportDismissed}).Status },
	)
	if !slices.Equal(statuses, []int{http.StatusOK, http.StatusConflict}) {
		t.Fatalf("two admins at once got %v", statuses)
	}
	if d.pack(id).State == api.PackLive { // the one who dismissed was first
		path = "/v1/admin/reports/" + list[0].ID + "/resolve"
		modelstest.Into[api.AdminReport](t, d.do("POST", path, api.ResolveReport{Outcome: api.ReportTakenDown, Note: "It is stolen."}), http.StatusOK)
	}
	if got := d.pack(id); got.State != api.PackTakenDown || got.OpenReports != 0 || got.TakenDown.Reason != "It is stolen." {
		t.Errorf("the pack: %+v", got)
	}
	for _, mail := range []string{"visitor@example.test", person.Email} {
		if m := s.Mailbox.Await(t, mail, "Your report about Reported", 1); !strings.Contains(m.Plain, "took it off sale") {
			t.Errorf("%s reads %s", mail, m.Plain)
		}
	}
	s.Mailbox.Await(t, s.who.Email, "Reported was taken down", 1)
	closed := modelstest.Into[api.AdminReports](t, d.do("GET", "/v1/admin/reports?state=all&limit=1", nil), http.StatusOK)
	if len(closed.Reports) != 1 || closed.Next == "" || closed.Reports[0].ResolvedBy == "" || closed.Reports[0].State == api.ReportOpen {
		t.Errorf("closed: %+v", closed)
	}
	if open := modelstest.Into[api.AdminReports](t, d.do("GET", "/v1/admin/reports", nil), http.StatusOK).Reports; len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	if next := modelstest.Into[api.Reported](t, report(spam, nil, ""), http.StatusCreated); next == first {
		t.Error("an answered report was taken for an open one")
	}
}

func TestReportsAreLimited(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t, func(c *models.Config) { c.LimitFactor = 1 })
	s := newStudio(t, stack)
	id := s.live("Reported", "a.wav")
	try := func(ip, email string) int {
		return s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/reports", IP: ip, Body: api.NewReport{Kind: api.ReportPack, ID: id, Reason: api.ReportSpam, Email: email}}).Status
	}
	for i := range 11 {
		want := http.StatusCreated
		if i == 10 {
			want = http.StatusTooManyRequests
		}
		if got := try("203.0.113.7", fmt.Sprintf("a%d@example.test", i)); got != want {
			t.Fatalf("report %d from one address: %d", i, got)
		}
		if got := try(fmt.Sprintf("203.0.113.%d", 20+i), "victim@example.test"); got != want {
			t.Fatalf("report %d in one name: %d", i, got)
		}
	}
}

func TestAdminPacksAreFoundAndPaged(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	a, b, d := newStudio(t, stack), newStudio(t, stack), newDesk(t, stack)
	one, two, three := a.live("Dusty breaks", "a.wav"), a.create("100% dust").Pack.ID, b.create("Glass").Pack.ID
	for query, want := range map[string][]string{
		"":                                 {three, two, one},
		"q=dust":                           {two, one},
		"q=%25":                            {two},
		"q=" + b.who.Account.Handle:        {three},
		"producer=" + a.who.Account.ID:     {two, one},
		"producer=" + b.who.Account.Handle: {three},
		"state=live":                       {one},
		"state=draft&producer=" + a.who.Account.ID: {two},
		"q=nothing-like-it":                        {},
	} {
		got := []string{}
		for cursor := ""; ; {
			page := modelstest.Into[api.AdminPacks](t, d.do("GET", "/v1/admin/packs?limit=1&cursor="+cursor+"&"+query, nil), http.StatusOK)
			for _, p := range page.Packs {
				got = append(got, p.ID)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}

func TestAdminTokens(t *testing.T) {
	t.Parallel()
	s := modelstest.Start(t)
	boss, person := s.SignUp(t, ""), s.SignUp(t, "")
	s.MakeAdmin(t, boss)
	make := func(as *modelstest.Someone, scopes ...string) modelstest.Response {
		return s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/account/tokens", As: as, Body: api.TokenRequest{Name: "t", Scopes: scopes}})
	}
	if r := reason(t, make(person, api.ScopeRead, api.ScopeAdmin), http.StatusForbidden); r != "admin_only" {
		t.Errorf("somebody's token: %s", r)
	}
	by := func(scopes ...string) *modelstest.Someone {
		out := modelstest.Into[api.NewToken](t, make(boss, scopes...), http.StatusCreated)
		return &modelstest.Someone{Email: boss.Email, Account: boss.Account, Bearer: out.Secret}
	}
	get := func(as *modelstest.Someone, path string) int {
		return s.Do(t, modelstest.Request{Method: "GET", Path: path, As: as}).Status
	}
	studio, admin := by(api.ScopeStudio), by(api.ScopeAdmin)
	p := newStudio(t, s)
	draft := p.create("Draft").Pack.ID
	if got := get(studio, "/v1/admin/accounts"); got != http.StatusForbidden {
		t.Errorf("a studio token sees accounts: %d", got)
	}
	if got := get(studio, "/v1/studio/packs/"+draft); got != http.StatusNotFound {
		t.Errorf("a studio token of an admin sees a draft of others: %d", got)
	}
	if got := get(admin, "/v1/admin/accounts"); got != http.StatusOK {
		t.Errorf("an admin token: %d", got)
	}
	if got := get(admin, "/v1/studio/packs/"+draft); got != http.StatusForbidden {
		t.Errorf("an admin token in the studio: %d", got)
	}
	if err := s.Service.GrantAdmin(t.Context(), boss.Email, false); err != nil {
		t.Fatal(err)
	}
	if got := get(admin, "/v1/admin/accounts"); got != http.StatusForbidden {
		t.Errorf("after the role went: %d", got)
	}
	d := newDesk(t, s)
	acts := d.audit("subject=" + boss.Account.ID)
	if len(acts) != 2 || acts[0].Action != "account.revoke_admin" || acts[1].Action != "account.grant_admin" || acts[0].Via != "command" || acts[0].ActorID != "" {
		t.Errorf("written down: %+v", acts)
	}
}

func TestAuditIsFoundAndPaged(t *testing.T) {
	t.Parallel()
	stack := modelstest.Start(t)
	d, other := newDesk(t, stack), newDesk(t, stack)
	p := d.SignUp(t, "").Account.ID
	d.done("POST", "/v1/admin/accounts/"+p+"/disable", api.Disable{Reason: "one"})
	other.done("POST", "/v1/admin/accounts/"+p+"/enable", nil)
	d.done("POST", "/v1/admin/accounts/"+p+"/disable", api.Disable{Reason: "two"})
	for query, want := range map[string]int{
		"actor=" + d.who.Account.ID: 2, "actor=" + strings.ToUpper(other.who.Email): 1, "subject=" + p: 3, "subject=pack:" + p: 0,
		"action=account.disable": 2, "action=account&subject=" + p: 3, "action=acc": 0, "action=account.%25": 0,
	} {
		if got := d.audit(query); len(got) != want {
			t.Errorf("%s finds %d, want %d", query, len(got), want)
		}
	}
	page := modelstest.Into[api.AuditEntries](t, d.do("GET", "/v1/admin/audit?limit=2&subject="+p, nil), http.StatusOK)
	rest := modelstest.Into[api.AuditEntries](t, d.do("GET", "/v1/admin/audit?limit=2&subject="+p+"&cursor="+page.Next, nil), http.StatusOK)
	if len(page.Entries) != 2 || page.Entries[0].Reason != "two" || len(rest.Entries) != 1 || rest.Entries[0].Reason != "one" || rest.Next != "" {
		t.Errorf("pages: %+v, %+v", page, rest)
	}
}

func TestActsOnTheIndexAreNoted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, modelstest.Start(t))
	d.done("POST", "/v1/admin/audit", api.IndexAct{Action: "index.rebuild", Reason: "new synonyms"})
	found := d.audit("action=index&actor=" + d.who.Account.ID)
	if len(found) != 1 || found[0].Action != "index.rebuild" || found[0].Reason != "new synonyms" || found[0].SubjectKind != "index" {
		t.Errorf("%+v", found)
	}
	if got := d.do("POST", "/v1/admin/audit", api.IndexAct{Action: "pack.take_down"}); got.Status != http.StatusBadRequest {
		t.Errorf("another act is noted: %d", got.Status)
	}
}
