package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"crateful.dev/experience/api"
)

const (
	adminID   = "01930000-0000-7000-8000-0000000000a1"
	reportID  = "01930000-0000-7000-8000-0000000000b1"
	appealID  = "01930000-0000-7000-8000-0000000000c1"
	takenDown = "01930000-0000-7000-8000-0000000000d2"
	adminPack = "01930000-0000-7000-8000-0000000000d1"
	crashed   = "01930000-0000-7000-8000-0000000000f1"
	orderID   = "01930000-0000-7000-8000-0000000000e1"
)

// operator is what the operator's side shows and what was done on it.
type operator struct {
	acts    []string // "POST /admin/… body"
	keys    []string // idempotency keys of the acts
	rebuild *api.Rebuild
	calm    bool
}

func ago(d time.Duration) time.Time { return time.Now().Add(-d) }

func agoPtr(d time.Duration) *time.Time {
	t := ago(d)
	return &t
}

var adminProducer = api.ProducerRef{ID: adminID, Handle: "marlowvint", Name: "Marlow Vint"}

func adminAccount(i int) api.AdminAccount {
	a := api.AdminAccount{ID: adminID, Email: "marlow@example.org", EmailVerified: true, Handle: "marlowvint", Name: "Marlow Vint", Sells: true, CreatedAt: ago(400 * 24 * time.Hour)}
	switch i {
	case 1:
		a.ID, a.Email, a.Name, a.Handle, a.Admin, a.Sells = "01930000-0000-7000-8000-0000000000a2", "juno@example.org", "Juno Reyes", "juno", true, false
	case 2:
		a.ID, a.Email, a.EmailVerified, a.Name, a.Handle = "01930000-0000-7000-8000-0000000000a3", strings.Repeat("long.", 14)+"@"+strings.Repeat("example.", 6)+"org", false, strings.Repeat("Long name ", 8), strings.Repeat("x", 30)
		a.DisabledAt, a.DisabledReason = agoPtr(26*time.Hour), "Stolen loops in three packs, reported by their makers."
	}
	return a
}

func adminPackAt(i int) api.AdminPack {
	p := api.AdminPack{
		ID: adminPack, Slug: "dusty-keys", Title: "Dusty Keys", CoverKey: sampleRef(0).CoverKey, Producer: adminProducer, State: "live", Listed: true, Sounds: 138, Owners: 312,
		OpenReports: 2, Revision: 14, CreatedAt: ago(90 * 24 * time.Hour), UpdatedAt: ago(3 * time.Hour), PublishedAt: agoPtr(60 * 24 * time.Hour),
	}
	switch i {
	case 1:
		p.ID, p.Title, p.State, p.Listed, p.OpenReports, p.OpenAppeal = takenDown, longTitle, "taken_down", false, 0, appealID
		p.TakenDown = &api.TakenDown{Reason: "Contains an uncleared sample.", FilesKept: false, Listed: true, At: ago(20 * time.Hour)}
	case 2:
		p.ID, p.Title, p.State, p.Listed, p.OpenReports, p.Owners = "01930000-0000-7000-8000-0000000000d3", "Attic tapes", "draft", false, 0, 0
		p.PublishedAt = nil
	}
	return p
}

func adminOrderAt(i int) api.AdminOrder {
	o := api.AdminOrder{
		ID: orderID, Number: "CF-020417", State: "paid", BuyerID: adminID, BuyerName: "Juno Reyes", Email: "juno@example.org", Total: euros(1280), Refunded: api.Money{Currency: "EUR"},
		Lines:     sampleOrder("paid").Lines,
		CreatedAt: ago(50 * time.Minute), UpdatedAt: ago(40 * time.Minute), PaidAt: agoPtr(45 * time.Minute),
		Attempts: []api.OrderAttempt{{Number: 1, State: "complete", SessionID: "cs_test_a1b2c3d4e5f6", CreatedAt: ago(50 * time.Minute), ExpiresAt: ago(-time.Hour)}},
		Payments: []api.OrderPayment{{Attempt: 1, Reference: "pi_3Nabcdefghijkl", Amount: euros(1280), ReceivedAt: ago(45 * time.Minute)}},
		Refunds:  []api.OrderRefund{},
	}
	if i == 1 {
		o.ID, o.Number, o.State, o.Stuck, o.Attention = "01930000-0000-7000-8000-0000000000e2", "CF-020418", "needs_attention", "payment_mismatch", "Paid 10.00 EUR, asked 12.80 EUR."
		o.Refunds = []api.OrderRefund{{Amount: euros(1000), Reason: "payment_mismatch", Refused: "charge_disputed", CreatedAt: ago(30 * time.Minute)}}
	}
	return o
}

var adminAudit = []api.AuditEntry{
	{ID: "1", At: time.Now().Add(-time.Hour), ActorID: adminID, ActorEmail: "juno@example.org", Via: "experience", Action: "pack.take_down", SubjectKind: "pack", SubjectID: takenDown, SubjectName: "Copperwire", Reason: "Contains an uncleared sample.", Data: map[string]any{"owners": 12}, RequestID: "01930000-0000-7000-8000-00000000f001"},
	{ID: "2", At: time.Now().Add(-26 * time.Hour), Via: "command", Action: "job.retry", SubjectKind: "job", SubjectID: "20417", Data: map[string]any{}},
}

func (u *upstream) needs() []api.AdminNeed {
	if u.operator.calm {
		return []api.AdminNeed{}
	}
	return []api.AdminNeed{
		{Kind: "stuck_orders", Count: 3, OldestAt: agoPtr(41 * time.Minute), Detail: "paid is not what was asked"},
		{Kind: "missing_objects", Count: 1, OldestAt: agoPtr(3 * time.Hour), Detail: "media/" + strings.Repeat("0a1b2c3d", 8)},
		{Kind: "dead_letters", Count: 2, OldestAt: agoPtr(18 * time.Minute), Detail: "packs.dead"},
		{Kind: "outbox", Count: 12, OldestAt: agoPtr(3 * time.Minute), Detail: "packs"},
		{Kind: "consumer_lag", Count: 1840, OldestAt: agoPtr(3 * time.Minute), Detail: "indexer-sounds-0017"},
		{Kind: "failed_jobs", Count: 4, OldestAt: agoPtr(2 * time.Hour), Detail: "mail"},
		{Kind: "reports", Count: 7, OldestAt: agoPtr(6 * time.Hour), Detail: "4 copyright, 3 other"},
		{Kind: "appeals", Count: 1, OldestAt: agoPtr(20 * time.Hour)},
		{Kind: "refused_files", Count: 1, OldestAt: agoPtr(30 * time.Hour)},
	}
}

func (u *upstream) reindex() api.Reindex {
	until := ago(-23 * time.Hour)
	out := api.Reindex{
		Current: "sounds-0016", Previous: "sounds-0015", RollbackUntil: &until, Rebuild: u.operator.rebuild,
		Generations: []api.Generation{{Name: "sounds-0016", Documents: 41208}, {Name: "sounds-0015", Documents: 41190, Lag: 2}},
	}
	if u.operator.rebuild != nil {
		out.Generations = append(out.Generations, api.Generation{Name: u.operator.rebuild.Generation, Documents: u.operator.rebuild.Documents, Lag: u.operator.rebuild.Total - u.operator.rebuild.Messages})
	}
	return out
}

// admin answers the operator's side to juno, who is an admin when her session is one.
func (u *upstream) admin(w http.ResponseWriter, r *http.Request, path string) bool {
	if path == "/reports" || strings.HasSuffix(path, "/appeal") {
		return u.told(w, r, path)
	}
	if !strings.HasPrefix(path, "/admin/") {
		return false
	}
	who := session(r)
	switch {
	case who == "":
		problem(w, 401, "unauthenticated", "sign_in")
		return true
	case !slices.Contains([]string{"admin", "calm"}, who):
		problem(w, 403, "forbidden", "admin_only")
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.operator.calm = who == "calm"
	if r.Method != http.MethodGet {
		u.act(w, r, path)
		return true
	}
	some := func(n int) int {
		if u.operator.calm {
			return 0
		}
		return n
	}
	switch path {
	case "/admin/needs":
		answerJSON(w, api.AdminNeeds{Needs: u.needs()})
	case "/admin/accounts":
		out := api.AdminAccounts{}
		for i := range some(3) {
			out.Accounts = append(out.Accounts, adminAccount(i))
		}
		answerJSON(w, out)
	case "/admin/packs":
		out := api.AdminPacks{}
		for i := range some(3) {
			if p := adminPackAt(i); r.URL.Query().Get("q") == "" || r.URL.Query().Get("q") == p.ID {
				out.Packs = append(out.Packs, p)
			}
		}
		answerJSON(w, out)
	case "/admin/packs/" + adminPack + "/trace":
		answerJSON(w, api.Trace{Revision: 14, CommittedAt: agoPtr(3 * time.Hour), SentAt: agoPtr(3 * time.Hour), Partition: 7, Offset: 120417})
	case "/admin/packs/" + takenDown + "/trace":
		answerJSON(w, api.Trace{Revision: 3, CommittedAt: agoPtr(20 * time.Hour), SentAt: agoPtr(20 * time.Hour), Partition: 1, Offset: 12, SearchableAt: agoPtr(20 * time.Hour)})
	case "/admin/money":
		out := api.MoneyDesk{Transactions: 2381, CommissionPoints: 1500, HoldDays: 7, CheckedAt: agoPtr(3 * time.Hour)}
		held := euros(918200)
		out.Accounts = []api.BookAccount{
			{Account: "platform_revenue", Book: euros(-120300)}, {Account: "producers", Book: euros(-810000)}, {Account: "stripe_clearing", Book: euros(918200), Provider: &held}, {Account: "stripe_fees", Book: euros(12100)},
		}
		for i, kind := range []string{"missing_here", "missing_there", "amount"}[:some(3)] {
			out.Differences = append(out.Differences, api.BookDifference{Kind: kind, Reference: fmt.Sprintf("transfer:01930000-0000-7000-8000-0000000000e%d", i), Ours: euros(int64(i) * 100), Theirs: euros(1020), At: ago(30 * time.Hour), FoundAt: ago(3 * time.Hour)})
		}
		if some(1) > 0 {
			out.Producers = []api.ProducerCommission{{Handle: "marlowvint", CommissionPoints: 1250, Since: ago(90 * time.Hour)}}
		}
		answerJSON(w, out)
	case "/admin/orders":
		out := api.AdminOrders{}
		for i := range some(2) {
			out.Orders = append(out.Orders, adminOrderAt(1-i))
		}
		answerJSON(w, out)
	case "/admin/orders/" + orderID:
		answerJSON(w, adminOrderAt(0))
	case "/admin/orders/01930000-0000-7000-8000-0000000000e2":
		answerJSON(w, adminOrderAt(1))
	case "/admin/accounts/" + adminID:
		answerJSON(w, api.AdminAccountDetail{
			Account: adminAccount(0), LastSignInAt: agoPtr(2 * time.Hour), Sessions: 2, Tokens: 1, Followers: 1204, Packs: map[string]int{"live": 3, "draft": 1}, Sold: 912,
			Earned: []api.Earning{{Gross: euros(812_40), Net: euros(690_54)}}, Bought: 4, Audit: adminAudit,
		})
	case "/admin/accounts/01930000-0000-7000-8000-0000000000a3":
		answerJSON(w, api.AdminAccountDetail{Account: adminAccount(2), Packs: map[string]int{"taken_down": 2}, Suspended: []api.PackName{{ID: adminPack, Slug: "dusty-keys", Title: "Dusty Keys"}, {ID: takenDown, Title: longTitle}}, Audit: []api.AuditEntry{}})
	case "/admin/reports":
		out := api.AdminReports{}
		for i := range some(2) {
			one := api.AdminReport{
				ID: reportID, Kind: "sound", SubjectID: "sound-1", Name: stems[12], Pack: api.PackName{ID: adminPack, Slug: "dusty-keys", Title: "Dusty Keys"}, PackState: "live",
				Producer: adminProducer, State: "open", Count: 3, Reasons: map[string]int{"copyright": 2, "other": 1}, OldestAt: ago(6 * time.Hour), NewestAt: ago(time.Hour),
				Reports: []api.ReportText{
					{ID: "r1", Reason: "copyright", Text: "This is bar 3 of my record from 1998.\nhttps://example.org/a-very-long-address/" + strings.Repeat("path/", 20), Email: "maker@example.org", At: ago(6 * time.Hour)},
					{ID: "r2", Reason: "other", Email: "someone@example.org", At: ago(time.Hour)},
				},
			}
			if i == 1 {
				one.ID, one.Kind, one.Name, one.Count, one.State, one.Note = "b2", "pack", "Dusty Keys", 1, "dismissed", "Cleared with the label, we saw the paper."
			}
			out.Reports = append(out.Reports, one)
		}
		answerJSON(w, out)
	case "/admin/appeals":
		out := api.AdminAppeals{}
		for range some(1) {
			out.Appeals = append(out.Appeals, api.AdminAppeal{
				Appeal: api.Appeal{ID: appealID, PackID: takenDown, Text: "The sample is mine: I played it in 2019.\n\nThe session files are attached to my mail.", State: "open", CreatedAt: ago(19 * time.Hour)},
				Pack:   api.PackName{ID: takenDown, Title: longTitle}, PackState: "taken_down", Producer: adminProducer, Reason: "Contains an uncleared sample.",
			})
		}
		answerJSON(w, out)
	case "/admin/outbox":
		out := api.Outbox{Waiting: int64(some(12)), LastSentAt: agoPtr(time.Second), Lanes: []api.OutboxLane{}}
		for range some(1) {
			out.OldestAt = agoPtr(3 * time.Minute)
			out.Lanes = append(out.Lanes, api.OutboxLane{Topic: "packs", Key: adminPack, Waiting: 12, OldestAt: ago(3 * time.Minute), EventID: adminPack, Type: "pack.published.v1", Revision: 15, Bytes: 412_000, Refusals: 2, RefusedAt: agoPtr(time.Minute), Refusal: "Message Size Too Large: the server has a configurable maximum message size"})
		}
		answerJSON(w, out)
	case "/admin/lag":
		answerJSON(w, api.Lag{Groups: []api.ConsumerGroup{
			{Group: "indexer-sounds-0016", State: "Stable", Members: 2, Partitions: []api.PartitionLag{{Topic: "packs", Partition: 0, Committed: 412, End: 412, Host: "/10.0.0.7"}, {Topic: "packs", Partition: 1, Committed: 409, End: 409, Host: "/10.0.0.8"}}},
			{Group: "analyzer", State: "Stable", Members: 1, Lag: int64(some(1840)), Overdue: int64(some(1200)), Partitions: []api.PartitionLag{{Topic: "uploads", Partition: 3, Committed: -1, End: 1840, Lag: 1840, Overdue: 1200}}},
		}})
	case "/admin/dead":
		out := api.DeadLetters{Topics: []api.DeadTopic{{Topic: "packs.dead", Open: int64(some(2)), Dealt: 1, OldestAt: agoPtr(18 * time.Minute)}, {Topic: "uploads.dead"}}}
		if r.URL.Query().Get("topic") == "packs.dead" {
			for i := range some(2) {
				m := api.DeadLetter{
					Topic: "packs.dead", Offset: int64(40 + i), Time: ago(18 * time.Minute), Reason: "decode pack.published.v1: sounds[3].waveform: 95 bars, want 96", Group: "indexer-sounds-0016", OriginTopic: "packs",
					OriginPartition: 7, OriginOffset: 120_417, Key: adminPack, EventID: adminPack, Type: "pack.published.v1", Subject: adminPack, Revision: 14,
					Value: "{\n  \"id\": \"" + adminPack + "\",\n  \"type\": \"pack.published.v1\",\n  \"data\": {\"title\": \"Dusty Keys\"}\n}", Bytes: 1204, Truncated: i == 1,
				}
				out.Messages = append(out.Messages, m)
			}
			if r.URL.Query().Get("all") != "" {
				out.Messages = append(out.Messages, api.DeadLetter{Topic: "packs.dead", Offset: 39, Time: ago(time.Hour), Outcome: "superseded", DealtAt: agoPtr(time.Minute), Reason: "index unavailable", OriginTopic: "packs", Key: takenDown, Value: "\x00\x01", Bytes: 2})
			}
		}
		answerJSON(w, out)
	case "/admin/jobs":
		out := api.AdminJobs{Counts: map[string]int64{"completed": 9120, "running": 1, "retryable": 4}, Kinds: []string{"mail"}}
		for i := range some(4) {
			j := api.AdminJob{ID: int64(20417 + i), Kind: []string{"mail", "order_refund", "something_new", "mail"}[i], State: []string{"retryable", "discarded", "running", "completed"}[i], Attempt: 2, MaxAttempts: 5, CreatedAt: ago(time.Hour), ScheduledAt: ago(time.Hour), AttemptedAt: agoPtr(time.Minute)}
			if i < 2 {
				j.Error = "dial tcp 127.0.0.1:25: connect: connection refused"
			}
			out.Jobs = append(out.Jobs, j)
		}
		answerJSON(w, out)
	case "/admin/reprocess":
		out := api.Reprocessing{Waiting: int64(some(300)), Asked: int64(some(40)), Failed: int64(some(1)), Versions: []api.AnalyzerVersion{{Version: 1, Sounds: 1204}, {Version: 2, Sounds: 40_004}}}
		for range some(1) {
			out.Crashed = append(out.Crashed,
				api.CrashedFile{UploadID: crashed, PackID: adminPack, PackTitle: "Dusty Keys", Path: "Loops/" + stems[12], SizeBytes: 4_200_000, Kept: true, Attempts: 2, Reason: "analyzer_crashed", At: ago(26 * time.Hour)},
				api.CrashedFile{UploadID: adminID, PackID: adminPack, PackTitle: longTitle, Path: "One-shots/" + stems[0], SizeBytes: 200_000, Attempts: 1, Reason: "analyzer_crashed", At: ago(80 * time.Hour)})
			out.Failures = append(out.Failures, api.MeasureFailure{UploadID: adminPack, PackID: adminPack, Path: "Loops/" + stems[12], Reason: "analyzer_crashed", Detail: "three times", At: ago(30 * time.Hour)})
		}
		answerJSON(w, out)
	case "/admin/objects":
		out := api.StoredObjects{LastSweep: &api.Sweep{ID: "s", AskedAt: ago(3 * time.Hour), BegunAt: agoPtr(3 * time.Hour), EndedAt: agoPtr(3 * time.Hour), Removed: 14, Missing: int64(some(1))}, Count: int64(some(1))}
		for range some(1) {
			out.Missing = append(out.Missing, api.MissingObject{Key: "media/" + strings.Repeat("0a1b2c3d", 8), FirstAt: ago(27 * time.Hour), LastAt: ago(3 * time.Hour), PackID: adminPack, PackTitle: "Dusty Keys"})
		}
		answerJSON(w, out)
	case "/admin/reindex":
		answerJSON(w, u.reindex())
	case "/admin/coupons":
		answerJSON(w, api.Coupons{Coupons: []api.Coupon{sampleCoupon()}, Page: api.Page{Next: "more"}})
	case "/admin/audit":
		out := api.AuditLog{}
		if !u.operator.calm {
			out.Entries = adminAudit
		}
		answerJSON(w, out)
	default:
		problem(w, 404, "not_found", "nothing")
	}
	return true
}

// act notes what was asked for. A reason that is too short is refused, as models does.
func (u *upstream) act(w http.ResponseWriter, r *http.Request, path string) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	said, _ := json.Marshal(body)
	if title, ok := body["title"].(string); ok && title != "Dusty Keys" {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		answerJSON(w, map[string]any{"status": 422, "code": "invalid", "detail": "x", "fields": []map[string]string{{"name": "title", "reason": "other_name", "detail": "x"}}})
		return
	}
	for _, name := range []string{"reason", "answer", "note"} {
		if text, ok := body[name].(string); ok && text != "" && len(text) < 3 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			answerJSON(w, map[string]any{"status": 422, "code": "invalid", "detail": "x", "fields": []map[string]string{{"name": name, "reason": "too_short_reason", "detail": "Say it in at least 3 characters."}}})
			return
		}
	}
	u.operator.acts = append(u.operator.acts, fmt.Sprintf("%s %s %s", r.Method, path, said))
	u.operator.keys = append(u.operator.keys, r.Header.Get("Idempotency-Key"))
	switch {
	case path == "/admin/reindex" && r.Method == http.MethodPost:
		u.operator.rebuild = &api.Rebuild{Generation: "sounds-0017", State: "filling", By: "juno", Reason: body["reason"].(string), StartedAt: time.Now(), Documents: 27_640, Messages: 8_120, Total: 12_040, PerSecond: 1180, SecondsLeft: 12}
		answerJSON(w, u.reindex())
	case path == "/admin/reindex":
		u.operator.rebuild.State, u.operator.rebuild.EndedAt = "cancelled", agoPtr(0)
		answerJSON(w, u.reindex())
	case strings.HasPrefix(path, "/admin/reindex"):
		answerJSON(w, u.reindex())
	case strings.HasPrefix(path, "/admin/dead"):
		answerJSON(w, api.DeadDealt{Redriven: 1, Refused: []api.DeadRefused{}})
	case strings.HasPrefix(path, "/admin/jobs"):
		answerJSON(w, api.AdminJob{})
	case strings.HasSuffix(path, "/check"):
		answerJSON(w, api.OrderChecked{Order: adminOrderAt(0)})
	case path == "/admin/reprocess":
		answerJSON(w, api.Reprocessed{Queued: 138})
	case path == "/admin/republish":
		answerJSON(w, api.Republishing{Packs: 1})
	case strings.HasSuffix(path, "/sweep"):
		answerJSON(w, api.Sweep{})
	case strings.HasPrefix(path, "/admin/reports"):
		answerJSON(w, api.AdminReport{Pack: api.PackName{ID: adminPack, Title: "Dusty Keys"}})
	case strings.HasPrefix(path, "/admin/appeals"):
		answerJSON(w, api.AdminAppeal{})
	case strings.HasSuffix(path, "/attended"), strings.HasSuffix(path, "/refund"), strings.HasSuffix(path, "/again"), strings.HasSuffix(path, "/assign"), strings.HasSuffix(path, "/decline"):
		answerJSON(w, adminOrderAt(0))
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// told takes reports and appeals.
func (u *upstream) told(w http.ResponseWriter, r *http.Request, path string) bool {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	said, _ := json.Marshal(body)
	text, _ := body["text"].(string)
	if body["reason"] == "other" && text == "" || path != "/reports" && len(text) < 10 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		answerJSON(w, map[string]any{"status": 422, "code": "invalid", "detail": "x", "fields": []map[string]string{{"name": "text", "reason": "say_more", "detail": "Say a little more."}}})
		return true
	}
	u.mu.Lock()
	u.operator.acts = append(u.operator.acts, fmt.Sprintf("%s %s %s", r.Method, path, said))
	u.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	if path == "/reports" {
		answerJSON(w, api.Reported{ID: reportID})
	} else {
		answerJSON(w, api.Appeal{ID: appealID, State: "open"})
	}
	return true
}
