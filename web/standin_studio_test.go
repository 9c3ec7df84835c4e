package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"crateful.dev/experience/api"
)

// bench is one pack under work, as experience would keep it.
type bench struct {
	pack      api.WorkbenchPack
	version   int
	files     []api.StudioFile
	removed   map[string]api.StudioFile
	questions []api.Question
	trace     *api.Trace
	appeals   []api.Appeal
	prints    map[string]string // fingerprint → upload id
	parts     map[string]map[int]int64
	stuck     bool // files stay in "checking"
}

var kilnNames = []string{
	"Kiln_Kit_Loop_01_92.wav", "Kiln_Kit_Loop_02_92.wav", "Kiln_Kit_Loop_03_128.wav", "Kiln_Kit_Loop_04_92.wav", "Kiln_Bass_Clay_F_92.wav", "Kiln_Kick_Fired_01.wav",
	"Kiln_Kick_Fired_02.wav", "Kiln_Snare_Bisque_03.wav", "Kiln_Snare_Bisque_04.wav", "Kiln_Hat_Glaze_Open_01.wav", "Kiln_Hat_Glaze_Open_02.wav", "Kiln_Crash_Raku_01.wav", "Kiln_Kick_Fired_01 copy.wav",
}

func studioRow(i int, name string) *api.SoundRow {
	price := euros([]int64{80, 50}[i%2])
	row := api.SoundRow{
		ID: fmt.Sprintf("k%d", i), Name: name, Folder: "Loops", Type: "loop", Instrument: "drums", TempoBPM: 92, Tags: []string{"dry", "tape"},
		DurationSeconds: 4, LoudnessLUFS: -14, TruePeakDBTP: -1, Waveform: sampleWave(i), Price: &price, Pack: sampleRef(13), Marks: api.Marks{Yours: true},
	}
	if i%4 == 3 {
		row.Type, row.TempoBPM, row.Key = "one-shot", 0, "F"
	}
	return &row
}

func studioFile(i int, state string) api.StudioFile {
	name := kilnNames[i%len(kilnNames)]
	f := api.StudioFile{UploadID: fmt.Sprintf("up%d", i), Path: "Loops/" + name, Purpose: "sound", State: state, SizeBytes: 4_200_000}
	switch state {
	case "ready", "needs_look", "duplicate":
		f.Row, f.SoundID, f.PriceSet = studioRow(i, name), fmt.Sprintf("k%d", i), "pack"
	case "refused":
		f.Reason, f.ReasonText, f.Params = "cut_off", "Cut off.", map[string]any{"have_seconds": 3.1, "want_seconds": 8.0}
	}
	return f
}

func newBench() *bench {
	price, soundPrice, receive := euros(900), euros(80), euros(742)
	b := &bench{version: 1, removed: map[string]api.StudioFile{}, prints: map[string]string{}, parts: map[string]map[int]int64{}}
	b.pack = api.WorkbenchPack{
		StudioPack:  api.StudioPack{ID: "kiln", Slug: "kiln-drums", Title: "Kiln Drums", CoverKey: sampleRef(13).CoverKey, State: "draft", Sounds: 84, UpdatedAt: sampleNow},
		Description: "Drums struck, dropped and fired in a pottery in Stoke. Close ribbon mics, one pass of tape.", Genre: "soul", Tags: []string{"dry", "tape"},
		Price: &price, SoundPrice: &soundPrice, YouReceive: &receive, Licence: "standard", CoverDrawn: true, Edition: 1, SizeBytes: 1_300_000_000, Extras: api.Extras{MIDI: 12, Docs: 1},
	}
	for i, state := range []string{"ready", "ready", "needs_look", "ready", "ready", "ready", "checking", "checking", "uploading", "uploading", "waiting", "refused", "duplicate"} {
		b.files = append(b.files, studioFile(i, state))
	}
	b.files[12].SameAs = "Loops/" + kilnNames[5]
	b.questions = []api.Question{
		{ID: "q1", SoundID: "k2", Name: kilnNames[2], Field: "tempo", Options: []string{"128", "64"}, Of: []string{"name", "measured"}, Text: "?"},
		{ID: "q2", SoundID: "k12", Name: kilnNames[12], Field: "duplicate", Options: []string{"keep", "remove"}, Of: []string{"", ""}, SameAs: kilnNames[5], Text: "?"},
	}
	return b
}

func (b *bench) answer(f api.Frame) api.Workbench {
	b.pack.ETag = fmt.Sprintf("v%d", b.version)
	out := api.Workbench{
		Frame: f, Pack: b.pack, Files: slices.Clone(b.files), LeftOut: []api.LeftOut{{Name: ".DS_Store", Count: 3}, {Name: ".asd", Count: 41}}, Questions: slices.Clone(b.questions),
		Genres:      []api.Genre{{Slug: "drum-and-bass", Name: "Drum and bass"}, {Slug: "lo-fi", Name: "Lo-fi"}, {Slug: "soul", Name: "Soul"}},
		Licences:    []api.Licence{licence},
		Rights:      api.Attestation{Version: "r1", Text: "I made everything in this pack, or I have cleared it in writing with whoever did."},
		Instruments: []string{"kick", "snare", "hat", "cymbal", "bass", "drums", "electric-piano"},
		Limits:      api.UploadLimits{Sounds: 1000, Files: 3000, PackBytes: 5 << 30, FileBytes: 2 << 30, PictureBytes: 20 << 20}, Trace: b.trace, Appeals: b.appeals,
	}
	check := func(name, anchor, reason string, ok bool, count int) {
		state := "open"
		if ok {
			state, reason = "done", ""
		}
		out.Checklist = append(out.Checklist, api.Check{Name: name, Anchor: anchor, State: state, Reason: reason, Count: count, Detail: "In English."})
	}
	coming := 0
	for _, f := range b.files {
		if f.State == "waiting" || f.State == "uploading" || f.State == "checking" {
			coming++
		}
	}
	check("files", "files", "files_uploading", coming == 0 && len(b.files) > 0, coming)
	if coming > 0 {
		out.Checklist[0].State = "waiting"
	}
	check("questions", "questions", "questions_open", len(b.questions) == 0, len(b.questions))
	check("title", "title", "title_missing", b.pack.Title != "", 0)
	out.Checklist = append(out.Checklist, api.Check{Name: "cover", State: "optional", Reason: "cover_drawn", Anchor: "cover"})
	check("demo", "demo", "", true, 0)
	check("description", "description", "description_missing", b.pack.Description != "", 0)
	check("genre", "genre", "genre_missing", b.pack.Genre != "", 0)
	check("tags", "tags", "tags_missing", len(b.pack.Tags) > 0, 0)
	check("prices", "price", "price_missing", b.pack.Price != nil, 0)
	check("licence", "licence", "", true, 0)
	check("ai", "made-with-ai", "ai_unanswered", b.pack.MadeWithAI != nil, 0)
	check("rights", "rights", "rights_unconfirmed", b.pack.RightsAt != nil, 0)
	open := 0
	for _, line := range out.Checklist {
		if line.State == "open" || line.State == "waiting" {
			open++
		}
	}
	if out.Pack.State == "draft" && open == 0 {
		out.Pack.State = "ready"
	}
	return out
}

func (b *bench) file(id string) *api.StudioFile {
	for i := range b.files {
		if b.files[i].UploadID == id {
			return &b.files[i]
		}
	}
	return nil
}

func (b *bench) sound(id string) *api.StudioFile {
	for i := range b.files {
		if b.files[i].SoundID == id {
			return &b.files[i]
		}
	}
	return nil
}

func editable(f api.StudioFile) api.SoundEditable {
	return api.SoundEditable{
		ID: f.SoundID, Name: f.Row.Name, Instrument: f.Row.Instrument, Tags: f.Row.Tags, PriceSet: f.PriceSet, Price: f.Row.Price,
		Stated: api.Stated{Type: &f.Row.Type, Key: &f.Row.Key, TempoBPM: &f.Row.TempoBPM},
	}
}

// ready ends the checking of a file.
func (b *bench) ready(id string) {
	f := b.file(id)
	if f == nil || f.State != "checking" {
		return
	}
	name := f.Path[strings.LastIndex(f.Path, "/")+1:]
	f.State, f.SoundID = "ready", "k-"+id
	f.Row = studioRow(len(b.files), name)
	f.Row.ID = f.SoundID
	b.version++
}

// tell wakes the pages that listen to a topic.
func (u *upstream) tell(topic string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for ear := range u.ears {
		select {
		case ear <- topic:
		default:
		}
	}
}

func (u *upstream) live(w http.ResponseWriter, r *http.Request) {
	ear := make(chan string, 100)
	u.mu.Lock()
	u.ears[ear] = struct{}{}
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		delete(u.ears, ear)
		u.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, ": hello\n\n")
	flusher, ok := w.(http.Flusher)
	if !ok {
		return
	}
	flusher.Flush()
	for n := 0; ; n++ {
		select {
		case <-r.Context().Done():
			return
		case topic := <-ear:
			kind, _, _ := strings.Cut(topic, ":")
			_, _ = fmt.Fprintf(w, "event: %s\ndata: {\"topic\":%q,\"kind\":%q,\"version\":\"%d\"}\n\n", kind, topic, kind, n)
			flusher.Flush()
		}
	}
}

func (u *upstream) studio(w http.ResponseWriter, r *http.Request, path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] != "studio" && parts[0] != "uploads" && path != "/packs" && path != "/account/pictures" {
		return false
	}
	frame := u.frame(r)
	if frame.Viewer == nil {
		problem(w, 401, "unauthenticated", "sign_in")
		return true
	}
	who := session(r)
	switch path {
	case "/studio":
		answerJSON(w, u.studioHome(who, frame))
		return true
	case "/studio/refunds":
		line := api.SoldLine{
			ID: "l1", OrderNumber: "CF-001042", PaidAt: time.Now(), Title: "Dusty Keys", Amount: api.Money{Amount: 1200, Currency: "EUR"}, State: "granted",
			Request: &api.RefundRequest{State: "asked", Reason: "It clicks.", CreatedAt: time.Now()},
		}
		answerJSON(w, api.SoldLines{Frame: frame, Lines: []api.SoldLine{line}, Open: 1, Page: api.Page{Next: "more"}})
		return true
	case "/studio/coupons":
		answerJSON(w, api.StudioCoupons{
			Coupons: api.Coupons{Frame: frame, Coupons: []api.Coupon{sampleCoupon()}, Page: api.Page{Next: "more"}},
			Packs:   []api.CouponPack{{ID: sampleRef(0).ID, Title: sampleRef(0).Title}},
		})
		return true
	case "/studio/sales":
		answerJSON(w, sampleSales(who, frame))
		return true
	case "/studio/payouts", "/studio/payouts/check":
		answerJSON(w, samplePayouts(who, frame))
		return true
	case "/studio/payouts/connect":
		var in api.ConnectPayouts
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Country == "JP" {
			refuse(w, 400, "invalid", "country_refused", "The payment provider does not pay out to this country yet.")
			return true
		}
		answerJSON(w, api.PayoutLink{URL: "https://connect.stripe.com/setup/" + in.Country})
		return true
	case "/packs":
		var in api.NewPack
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Title == "taken" {
			refuse(w, 409, "conflict", "too_many_packs", "One account can have 2,000 packs.")
			return true
		}
		b := newBench()
		answerJSON(w, b.answer(frame))
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.benches[who]
	if b == nil {
		b = u.benches["opaque"]
	}
	if parts[0] == "uploads" {
		u.upload(w, r, b, parts)
		return true
	}
	if path == "/account/pictures" || strings.HasSuffix(path, "/uploads") {
		u.offer(w, r, b)
		return true
	}
	changed := func() bool {
		if r.Header.Get("If-Match") != fmt.Sprintf("v%d", b.version) {
			refuse(w, 412, "precondition_failed", "version_changed", "Changed elsewhere.")
			return false
		}
		b.version++
		return true
	}
	switch {
	case len(parts) == 3 && r.Method == http.MethodGet:
		answerJSON(w, b.answer(frame))
	case len(parts) == 3 && r.Method == http.MethodPatch:
		var in api.PackChange
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Price != nil && in.Price.Amount > 0 && in.Price.Amount < 50 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(422)
			answerJSON(w, map[string]any{"status": 422, "code": "invalid", "reason": "invalid", "detail": "x", "fields": []map[string]string{{"name": "price", "reason": "price_too_low", "detail": "English."}}})
			return true
		}
		if !changed() {
			return true
		}
		u.saves++
		if in.Title != nil {
			b.pack.Title = *in.Title
		}
		if in.Description != nil {
			b.pack.Description = *in.Description
		}
		if in.Price != nil {
			receive := euros(in.Price.Amount * 8 / 10)
			b.pack.Price, b.pack.YouReceive = in.Price, &receive
		}
		if in.MadeWithAI != nil {
			b.pack.MadeWithAI = in.MadeWithAI
		}
		if in.Rights != nil {
			b.pack.RightsAt = nil
			if *in.Rights != "" {
				b.pack.RightsAt = &sampleNow
			}
		}
		if in.Genre != nil {
			b.pack.Genre = *in.Genre
		}
		if in.Tags != nil {
			b.pack.Tags = *in.Tags
		}
		answerJSON(w, b.answer(frame))
	case len(parts) == 4 && parts[3] == "sounds":
		if r.Method == http.MethodPut {
			var in api.SoundsRestore
			_ = json.NewDecoder(r.Body).Decode(&in)
			if !changed() {
				return true
			}
			out := api.SoundsChanged{}
			for _, s := range in.Sounds {
				f := b.sound(s.ID)
				out.Before = append(out.Before, editable(*f))
				f.Row.Name, f.Row.Instrument, f.Row.Tags, f.Row.Type, f.Row.Key, f.Row.TempoBPM, f.Row.Price = s.Name, s.Instrument, s.Tags, *s.Stated.Type, *s.Stated.Key, *s.Stated.TempoBPM, s.Price
			}
			answerJSON(w, out)
			return true
		}
		var in api.SoundsChange
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Price != nil && in.Price.Amount > 0 && in.Price.Amount < 50 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(422)
			answerJSON(w, map[string]any{"status": 422, "code": "invalid", "reason": "invalid", "detail": "x", "fields": []map[string]string{{"name": "price", "reason": "price_too_low", "detail": "Price must be 0 or at least 0.50 €."}}})
			return true
		}
		if !changed() {
			return true
		}
		out := api.SoundsChanged{Removed: []string{}}
		for _, id := range in.SoundIDs {
			f := b.sound(id)
			if f == nil {
				continue
			}
			before := editable(*f)
			row := *f.Row
			row.Tags = slices.Clone(row.Tags)
			if in.Name != nil {
				row.Name = *in.Name
			}
			if in.Type != nil {
				row.Type = *in.Type
			}
			if in.Instrument != nil {
				row.Instrument = *in.Instrument
			}
			if in.Key != nil {
				row.Key = *in.Key
			}
			if in.TempoBPM != nil {
				row.TempoBPM = *in.TempoBPM
			}
			if in.Tags != nil {
				row.Tags = *in.Tags
			}
			if in.Price != nil {
				row.Price = in.Price
				if in.Price.Amount < 0 {
					row.Price = nil
				}
			}
			if in.Find != nil {
				row.Name = strings.ReplaceAll(row.Name, *in.Find, *in.Replace)
			}
			f.Row = &row
			f.Path = f.Path[:strings.LastIndex(f.Path, "/")+1] + row.Name
			out.Before = append(out.Before, before)
		}
		answerJSON(w, out)
	case len(parts) == 4 && parts[3] == "answers":
		var in api.Answer
		_ = json.NewDecoder(r.Body).Decode(&in)
		b.questions = slices.DeleteFunc(b.questions, func(q api.Question) bool {
			if q.ID != in.QuestionID {
				return false
			}
			if f := b.sound(q.SoundID); f != nil {
				f.State = "ready"
			}
			return true
		})
		b.version++
		answerJSON(w, b.answer(frame))
	case len(parts) == 4 && parts[3] == "publish":
		if !changed() {
			return true
		}
		b.pack.State, b.pack.Listed = "live", true
		b.trace = &api.Trace{CommittedAt: &sampleNow, SentAt: &sampleNow}
		answerJSON(w, b.answer(frame))
	case len(parts) == 4 && parts[3] == "withdraw":
		if !changed() {
			return true
		}
		b.pack.State, b.pack.Listed = "withdrawn", false
		answerJSON(w, b.answer(frame))
	case len(parts) == 3 && r.Method == http.MethodDelete:
		u.deleted = true
		w.WriteHeader(http.StatusNoContent)
	default:
		problem(w, 404, "not_found", "nothing")
	}
	return true
}

func (u *upstream) offer(w http.ResponseWriter, r *http.Request, b *bench) {
	var in api.UploadRequest
	_ = json.NewDecoder(r.Body).Decode(&in)
	out := api.Uploads{}
	for _, f := range in.Files {
		o := api.Upload{Path: f.Path, PartBytes: u.partBytes}
		id, again := b.prints[f.Fingerprint]
		switch {
		case strings.HasSuffix(f.Path, ".DS_Store"):
			o.LeftOut = true
		case strings.HasSuffix(f.Path, ".exe"):
			o.Refused, o.Detail = "type_not_allowed", "English."
		case again:
			old := b.file(id)
			o.ID, o.Resumed, o.State = id, true, old.State
			o.Done = old.State != "waiting" && old.State != "uploading"
		default:
			id = fmt.Sprintf("new%d", len(b.prints))
			b.prints[f.Fingerprint] = id
			o.ID, o.State = id, "waiting"
			b.files = append(b.files, api.StudioFile{UploadID: id, Path: f.Path, Purpose: orWord(f.Purpose, "sound"), State: "waiting", SizeBytes: f.SizeBytes})
			u.offered = append(u.offered, f)
		}
		if o.ID != "" {
			o.Key = "incoming/" + o.ID
			if f.SizeBytes > u.partBytes {
				o.UploadID = "multi-" + o.ID
			}
		}
		out.Uploads = append(out.Uploads, o)
	}
	b.version++
	answerJSON(w, out)
}

func orWord(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (u *upstream) upload(w http.ResponseWriter, r *http.Request, b *bench, parts []string) {
	id := parts[1]
	f := b.file(id)
	if f == nil && !strings.HasSuffix(r.URL.Path, "/restore") {
		problem(w, 404, "not_found", "upload_not_found")
		return
	}
	switch {
	case len(parts) == 2 && r.Method == http.MethodDelete:
		b.removed[id] = *f
		b.files = slices.DeleteFunc(b.files, func(x api.StudioFile) bool { return x.UploadID == id })
		b.version++
		answerJSON(w, b.removed[id])
	case parts[2] == "restore":
		b.files = append(b.files, b.removed[id])
		b.version++
		answerJSON(w, b.removed[id])
	case parts[2] == "retry":
		f.State, f.Reason = "checking", ""
		b.version++
		answerJSON(w, f)
	case parts[2] == "sign":
		var in api.SignRequest
		_ = json.NewDecoder(r.Body).Decode(&in)
		out := api.Signed{}
		for _, p := range in.Parts {
			out.Parts = append(out.Parts, api.SignedPart{Number: p.Number, URL: fmt.Sprintf("%s/%s/%d", u.storage.url, id, p.Number), Headers: map[string]string{"Content-Type": "application/octet-stream"}})
		}
		f.State = "uploading"
		answerJSON(w, out)
	case parts[2] == "parts":
		out := api.UploadedParts{Parts: []api.UploadedPart{}}
		for n, size := range u.storage.held(id) {
			out.Parts = append(out.Parts, api.UploadedPart{Number: n, SizeBytes: size, ETag: fmt.Sprint(n)})
		}
		answerJSON(w, out)
	case parts[2] == "complete" && f.State != "waiting" && f.State != "uploading":
		answerJSON(w, f) // a repeat tells how far it is
	case parts[2] == "complete":
		var sum int64
		for _, size := range u.storage.held(id) {
			sum += size
		}
		if sum != f.SizeBytes {
			refuse(w, 409, "conflict", "parts_missing", "Some of the file has not arrived yet.")
			return
		}
		f.State = "checking"
		b.version++
		answerJSON(w, f)
		if b.stuck {
			return
		}
		go func() {
			time.Sleep(150 * time.Millisecond) // the analyzer takes its time
			u.mu.Lock()
			if f := b.file(id); f != nil && (f.Purpose == "avatar" || f.Purpose == "banner") {
				u.profile.AvatarKey = sampleRef(3).CoverKey
				f.State = "ready"
			} else if f != nil && f.Purpose == "cover" {
				f.State = "ready"
				b.pack.CoverKey, b.pack.CoverDrawn = sampleRef(8).CoverKey, false
				b.version++
			} else {
				b.ready(id)
			}
			u.mu.Unlock()
			u.tell("pack:kiln")
		}()
	default:
		problem(w, 404, "not_found", "nothing")
	}
}

func (u *upstream) studioHome(who string, frame api.Frame) api.Studio {
	s := api.Studio{Frame: frame, Today: api.SalesSum{Earned: euros(0)}, Month: api.SalesSum{Earned: euros(0)}}
	if who == "empty" {
		return s
	}
	s.Today, s.Month, s.Listeners = api.SalesSum{Sold: 3, Earned: euros(2226)}, api.SalesSum{Sold: 84, Earned: euros(61203)}, 312
	for i, state := range []string{"draft", "live", "live", "checking", "ready", "withdrawn", "taken_down", "publishing"} {
		p := api.StudioPack{ID: "kiln", Title: sampleRef(i).Title, CoverKey: sampleRef(i).CoverKey, State: state, Sounds: 12 * i, SoldToday: int64(i % 3), SoldMonth: int64(i * 7), UpdatedAt: sampleNow}
		p.Listed, p.Unpublished = state == "live", i == 2
		s.Packs = append(s.Packs, p)
	}
	s.Packs[3].Title = longTitle
	s.Needs = []api.Need{
		{Kind: "email_unverified", Count: 1},
		{Kind: "questions", PackID: "kiln", Title: "Kiln Drums", Count: 2},
		{Kind: "refused", PackID: "kiln", Title: "Kiln Drums", Count: 1},
		{Kind: "taken_down", PackID: "p", Title: longTitle, Count: 1},
	}
	return s
}

// samplePayouts is somebody who is paid out, or, for "empty", somebody who has not begun, and for "long" who was asked for more.
func samplePayouts(who string, frame api.Frame) api.Payouts {
	p := api.Payouts{Frame: frame, PayoutAccount: api.PayoutAccount{Available: true, CommissionPoints: 1500, HoldDays: 7, Countries: []string{"DE", "FR", "US"}}}
	if who == "empty" {
		return p
	}
	p.Connected, p.DetailsSubmitted, p.Country = true, true, "DE"
	if p.Ready = who != "long"; !p.Ready {
		p.Requirements, p.Pending = []string{"individual.verification.document", "external_account"}, []string{"individual.id_number"}
		p.DisabledReason = "requirements.past_due"
	}
	next := sampleNow.AddDate(0, 0, 3)
	p.Balances = []api.PayoutBalance{
		{Balance: euros(61203), Held: euros(20400), Available: euros(40803), Transferred: euros(91800), OnItsWay: euros(10200), PaidOut: euros(81600), NextAt: &next},
		{Balance: api.Money{Amount: -500, Currency: "USD"}, Held: api.Money{Currency: "USD"}, Available: api.Money{Amount: -500, Currency: "USD"}, OnItsWay: api.Money{Currency: "USD"}, PaidOut: api.Money{Currency: "USD"}},
	}
	for i, state := range []string{"in_transit", "paid", "failed"} {
		p.Payouts = append(p.Payouts, api.Payout{ID: fmt.Sprintf("po_%d", i), Amount: euros(10200), State: state, ArrivesOn: sampleNow.AddDate(0, 0, 2-3*i), CreatedAt: sampleNow.AddDate(0, 0, -3*i)})
	}
	p.Entries = append(p.Entries, api.SaleLine{At: sampleNow, Kind: "transfer", OrderNumber: "CF-001042", Gross: euros(-1020), Platform: euros(0), Earned: euros(-1020)})
	p.Entries = append(p.Entries, sampleSales(who, frame).Entries...)
	return p
}

func sampleSales(who string, frame api.Frame) api.Sales {
	s := api.Sales{Frame: frame, Days: 30, Balance: euros(0)}
	for i := range 30 {
		day := api.SalesDay{Day: sampleNow.AddDate(0, 0, i-29).Format("2006-01-02"), Earned: euros(0)}
		if who != "empty" && i%3 != 1 {
			day.Sold, day.Earned = int64(1+i%4), euros(int64(300+(i*i*37)%2400))
		}
		s.Series = append(s.Series, day)
	}
	if who == "empty" {
		return s
	}
	s.Balance = euros(61203)
	for i := range 8 {
		s.Entries = append(s.Entries, api.SaleLine{At: sampleNow.Add(-time.Duration(i*7) * time.Hour), Kind: "sale", OrderID: "o", OrderNumber: "CR-4F7K-2QX9", Title: sampleRef(i).Title, Gross: euros(1200), Platform: euros(180), Earned: euros(1020)})
	}
	s.Entries[2].Kind, s.Entries[2].Gross, s.Entries[2].Earned, s.Entries[2].Platform = "refund", euros(-1200), euros(-1020), euros(-180)
	s.Entries[3].Title = longTitle
	return s
}

// store stands in for the storage: it keeps the sizes of what was put, and can be slow or broken.
type store struct {
	url  string
	mu   sync.Mutex
	got  map[string]map[int]int64
	hold chan struct{} // non-nil: a PUT waits for it
	fail int           // so many PUTs break
	puts int
}

func (s *store) held(id string) map[int]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]int64{}
	for n, size := range s.got[id] {
		out[n] = size
	}
	return out
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", "PUT")
	w.Header().Set("Access-Control-Allow-Headers", "*")
	w.Header().Set("Access-Control-Expose-Headers", "ETag")
	if r.Method == http.MethodOptions {
		return
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.puts++
	hold, broken := s.hold, s.fail > 0
	if broken {
		s.fail--
	}
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	if broken {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var number int
	_, _ = fmt.Sscan(parts[1], &number)
	s.mu.Lock()
	if s.got[parts[0]] == nil {
		s.got[parts[0]] = map[int]int64{}
	}
	s.got[parts[0]][number] = n
	s.mu.Unlock()
	w.Header().Set("ETag", `"x"`)
}

func sampleCoupon() api.Coupon {
	return api.Coupon{ID: "k1", Code: "DUSTY-20", Percent: 20, Used: 3, Given: []api.Money{{Amount: 720, Currency: "EUR"}}, StartsAt: time.Now(), State: "running", CreatedAt: time.Now()}
}
