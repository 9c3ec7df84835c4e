package pages

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// benchPages are the workbench of one pack: files, listing, publishing.
func (p *Pages) benchPages() {
	p.page("bench", (*view.Bench)(nil))
	p.get("/studio/packs/:id", func(c *gin.Context) error { return p.showBench(c, http.StatusOK, view.Form{}, nil) })
	p.post("/studio/packs/:id", p.changeListing)
	p.post("/studio/packs/:id/fresh", p.freshBench)
	p.post("/studio/packs/:id/sounds", p.setSounds)
	p.post("/studio/packs/:id/answers", p.answerQuestion)
	p.post("/studio/packs/:id/publish", p.publishPack)
	p.post("/studio/packs/:id/withdraw", p.withdrawPack)
	p.post("/studio/packs/:id/delete", p.deletePack)
	p.post("/studio/packs/:id/appeal", p.appeal)
	p.post("/studio/packs/:id/files/:file/remove", p.removeFile)
	p.post("/studio/packs/:id/files/:file/restore", p.restoreFile)
	p.post("/studio/packs/:id/files/:file/retry", p.retryFile)
}

func (p *Pages) showBench(c *gin.Context, status int, form view.Form, typed map[string]string) error {
	bench, err := p.ask(c).Workbench(p.context(c), c.Param("id"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := p.benchView(l, bench, form, typed)
	v.Layout = p.layout(c, bench.Pack.Title, "studio", bench.Frame)
	v.Full, v.NoIndex, v.Bundle = true, true, "studio"
	return p.show(c, status, "bench", v)
}

// freshBench is the page for a script that has most of its lines already: it says which in which version, and gets only
// the names of those that are still the same. Of a pack with a thousand files this is a hundredth.
func (p *Pages) freshBench(c *gin.Context) error {
	bench, err := p.ask(c).Workbench(p.context(c), c.Param("id"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := p.benchView(l, bench, view.Form{}, nil)
	v.Layout = p.layout(c, bench.Pack.Title, "studio", bench.Frame)
	has := map[string]bool{}
	for known := range strings.SplitSeq(c.PostForm("has"), " ") {
		has[known] = true
	}
	for i, f := range v.Files {
		v.Files[i].Same = has[f.ID+":"+f.Version]
	}
	return p.show(c, http.StatusOK, "bench", v)
}

func (p *Pages) benchView(l *messages.Locale, bench api.Workbench, form view.Form, typed map[string]string) *view.Bench {
	pack := bench.Pack
	v := &view.Bench{
		Form: form, ID: pack.ID, Slug: pack.Slug, Title: pack.Title, Cover: pack.CoverKey, ETag: pack.ETag, Live: pack.Listed,
		BuyerURL: "/packs/" + pack.ID + "?draft=true", PackURL: p.PublicURL + "/packs/" + pack.Slug, Unpublished: pack.Unpublished,
		Out: pack.Listed || pack.State == "publishing",
	}
	v.CanDelete = !v.Out && pack.State != "taken_down"
	v.State, v.StateKind = packState(l, pack.StudioPack)
	switch {
	case pack.TakenDownFor != "":
		v.Notice = l.T("bench.taken_down", "Reason", pack.TakenDownFor)
		v.Appeal = appealView(l, bench, form, typed)
	case pack.PublishFailed != "":
		v.Notice = failedWords(l, pack.PublishFailed)
	}
	ready := 0
	v.DemoOtherwise = l.T("bench.demo_first_sound")
	for _, f := range bench.Files {
		if f.Purpose == "cover" {
			fillCover(l, v, f)
			continue
		}
		line := benchFile(l, f)
		line.RemoveURL = "/studio/packs/" + pack.ID + "/files/" + f.UploadID + "/remove"
		v.Files = append(v.Files, line)
		if f.State == "ready" || f.State == "needs_look" || f.State == "duplicate" {
			ready++
		}
		if f.SoundID != "" {
			v.Sounds++
			if line.Type == "loop" {
				v.DemoOtherwise = l.T("bench.demo_first_loop")
			}
			v.Listing.Demos = append(v.Listing.Demos, view.Option{Value: f.SoundID, Text: f.Path, Selected: f.SoundID == pack.DemoSoundID})
		}
	}
	v.FileCount = l.Number(int64(len(v.Files)))
	if v.CoverNote == "" && (pack.CoverDrawn || pack.CoverKey == "") {
		v.CoverNote = l.T("bench.cover_drawn")
	}
	v.Facts = []view.Fact{
		{Label: l.N("bench.of_files", int64(len(v.Files))), Value: l.Number(int64(ready))},
		{Label: l.T("bench.together"), Value: l.Size(pack.SizeBytes)},
	}
	v.LeftOut = leftOut(l, bench)
	p.fillAsks(l, v, bench)
	fillListing(l, &v.Listing, bench, form, typed)
	fillChecklist(l, v, bench)
	fillSteps(l, v, bench)
	for _, value := range []string{"loop", "one-shot"} {
		v.Types = append(v.Types, view.Option{Value: value, Text: l.T("type." + value)})
	}
	for _, value := range bench.Instruments {
		v.Instruments = append(v.Instruments, view.Option{Value: value, Text: l.Named("instrument", value)})
	}
	for _, tonic := range []string{"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"} {
		for _, mode := range []string{"", "m"} {
			v.Keys = append(v.Keys, view.Option{Value: tonic + mode, Text: l.Key(tonic+mode, false)})
		}
	}
	v.Config = view.BenchConfig{
		Pack: pack.ID, ETag: pack.ETag, State: pack.State, Currency: "EUR", Limits: bench.Limits, Open: map[string]string{},
		Searching: bench.Trace != nil && bench.Trace.SearchableAt == nil && pack.Listed,
	}
	for _, f := range bench.Files {
		if f.Purpose != "cover" && (f.State == "waiting" || f.State == "uploading") {
			v.Config.Open[f.Path] = f.UploadID
		}
	}
	for i := range v.Files {
		v.Files[i].Version = version(v.Files[i])
	}
	return v
}

// version is a short sum over all that a line of the table shows: a script changes only lines where it differs.
func version(f view.BenchFile) string {
	h := fnv.New64a()
	if f.Row != nil {
		_, _ = fmt.Fprintf(h, "%v|", *f.Row)
		f.Row = nil
	}
	_, _ = fmt.Fprintf(h, "%v", f)
	return strconv.FormatUint(h.Sum64()&(1<<40-1), 36)
}

// fillCover says how far a new cover is.
func fillCover(l *messages.Locale, v *view.Bench, f api.StudioFile) {
	switch f.State {
	case "waiting", "uploading", "checking":
		v.CoverNote, v.CoverRefused = l.T("bench.cover_checking"), false
	case "refused":
		v.CoverNote, v.CoverRefused = reasonWords(l, f), true
	}
}

// fileLooks are colour and icon of each state.
var fileLooks = map[string][2]string{
	"waiting": {"", "wait"}, "uploading": {"", "upload"}, "checking": {"", "ear"}, "ready": {"ok", "ok"}, "needs_look": {"warn", "warn"},
	"duplicate": {"warn", "same"}, "refused": {"danger", "stop"},
}

func benchFile(l *messages.Locale, f api.StudioFile) view.BenchFile {
	out := view.BenchFile{
		ID: f.UploadID, SoundID: f.SoundID, Path: f.Path, Name: path.Base(f.Path), Folder: path.Dir(f.Path), State: f.State,
		StateText: l.T("bench.file_" + f.State), Size: l.Size(f.SizeBytes), Refused: f.State == "refused",
	}
	if out.Folder == "." {
		out.Folder = ""
	}
	if f.Purpose != "sound" && f.State == "ready" {
		out.StateText = l.T("bench.file_extra")
	}
	look := fileLooks[f.State]
	out.StateKind, out.Icon = look[0], look[1]
	if out.Refused {
		out.Detail = reasonWords(l, f)
	}
	if f.Row == nil {
		return out
	}
	row := view.NewSoundRow(l, *f.Row)
	row.Wave = "" // the table draws none
	out.Row, out.Name = &row, f.Row.Name
	out.Type, out.TypeWord, out.Instrument = f.Row.Type, row.TypeWord, f.Row.Instrument
	if f.Row.Instrument != "" {
		out.InstrWord = l.Named("instrument", f.Row.Instrument)
	}
	out.Key, out.KeyShown, out.TempoShown = f.Row.Key, row.Key, row.Tempo
	if f.Row.TempoBPM > 0 {
		out.Tempo = strconv.FormatFloat(f.Row.TempoBPM, 'f', -1, 64)
	}
	out.Tags = strings.Join(f.Row.Tags, ", ")
	out.PriceShown = l.T("bench.with_pack")
	if f.Row.Price != nil {
		out.Price = l.Amount(f.Row.Price.Amount, f.Row.Price.Currency)
		out.PriceShown = out.Price
	}
	return out
}

func leftOut(l *messages.Locale, bench api.Workbench) string {
	var parts []string
	for _, out := range bench.LeftOut {
		parts = append(parts, l.T("bench.times", "Count", l.Number(int64(out.Count)), "Name", out.Name))
	}
	var text []string
	if len(parts) > 0 {
		text = append(text, l.T("bench.left_out", "List", strings.Join(parts, ", ")))
	}
	var extras []string
	for _, e := range []struct {
		id    string
		count int
	}{{"count.midi", bench.Pack.Extras.MIDI}, {"count.presets", bench.Pack.Extras.Presets}, {"count.docs", bench.Pack.Extras.Docs}, {"count.other", bench.Pack.Extras.Other}} {
		if e.count > 0 {
			extras = append(extras, l.N(e.id, int64(e.count)))
		}
	}
	if len(extras) > 0 {
		text = append(text, l.T("bench.extras", "List", strings.Join(extras, ", ")))
	}
	return strings.Join(text, " ")
}

// fillAsks lists what waits for the producer: questions first, then refused files.
func (p *Pages) fillAsks(l *messages.Locale, v *view.Bench, bench api.Workbench) {
	rows := map[string]*view.SoundRow{}
	uploads := map[string]string{}
	for _, f := range v.Files {
		if f.SoundID != "" {
			rows[f.SoundID], uploads[f.SoundID] = f.Row, f.ID
		}
	}
	for _, q := range bench.Questions {
		ask := view.Ask{ID: q.ID, FileID: uploads[q.SoundID], Name: q.Name, Text: q.Text, Kind: "question", Field: q.Field, Row: rows[q.SoundID]}
		ask.CanOther = q.Field == "tempo" || q.Field == "key"
		if q.Field == "duplicate" {
			ask.Kind = "duplicate"
			ask.Text = l.T("bench.duplicate", "Name", q.SameAs)
		} else if id := "bench.ask_" + q.Field; l.Has(id) && len(q.Options) == 2 && len(q.Of) == 2 {
			ask.Text = l.T(id, "First", shownAs(l, q.Field, q.Options[0]), "Second", shownAs(l, q.Field, q.Options[1]), "From", l.T("bench.from_"+q.Of[0]), "And", l.T("bench.from_"+q.Of[1]))
		}
		for _, option := range q.Options {
			text := shownAs(l, q.Field, option)
			if q.Field == "duplicate" || q.Field == "type" {
				text = l.T("bench.option_" + option)
			}
			ask.Options = append(ask.Options, view.Option{Value: option, Text: text})
		}
		v.Asks = append(v.Asks, ask)
	}
	for _, f := range v.Files {
		if f.Refused {
			v.Asks = append(v.Asks, view.Ask{FileID: f.ID, Name: f.Name, Path: f.Path, Text: f.Detail, Kind: "refused"})
		}
	}
	asking := map[string]bool{} // files: one may raise two questions
	for _, ask := range v.Asks {
		asking[ask.FileID] = true
	}
	v.AskCount = l.N("bench.asks", int64(len(asking)))
	if rest := len(v.Files) - len(asking); rest > 0 && len(asking) > 0 {
		v.Rest = l.N("bench.rest_done", int64(rest))
		if slices.ContainsFunc(v.Files, func(f view.BenchFile) bool {
			return f.State == "waiting" || f.State == "uploading" || f.State == "checking"
		}) {
			v.Rest = l.N("bench.rest", int64(rest))
		}
	}
	doubts := map[string]bool{}
	for _, q := range bench.Questions {
		doubts[q.SoundID] = doubts[q.SoundID] || q.Field == "tempo"
	}
	for i := range v.Files {
		v.Files[i].Doubt = v.Files[i].SoundID != "" && doubts[v.Files[i].SoundID]
	}
}

// shownAs writes one answer of a question as people do.
func shownAs(l *messages.Locale, field, value string) string {
	if field == "key" {
		return l.Key(value, false)
	}
	return value
}

func fillListing(l *messages.Locale, v *view.Listing, bench api.Workbench, form view.Form, typed map[string]string) {
	v.FreeOnly = bench.FreeOnly
	pack := bench.Pack
	value := func(name, kept string) string {
		if v, ok := typed[name]; ok {
			return v
		}
		return kept
	}
	price, soundPrice := "", ""
	if pack.Price != nil {
		price = l.Amount(pack.Price.Amount, pack.Price.Currency)
	}
	if pack.SoundPrice != nil {
		soundPrice = l.Amount(pack.SoundPrice.Amount, pack.SoundPrice.Currency)
	}
	v.Title = view.Input{Name: "title", Label: l.T("bench.title"), Value: value("title", pack.Title), Required: true, MaxLength: 120, Autocomplete: "off", Error: form.Of("title")}
	v.Description = view.Input{Name: "description", Label: l.T("bench.describe"), Value: value("description", pack.Description), Rows: 5, Required: true, MaxLength: 5000, Error: form.Of("description")}
	v.Tags = view.Input{Name: "tags", Label: l.T("bench.tags"), Value: value("tags", strings.Join(pack.Tags, ", ")), Hint: l.T("bench.tags_hint"), Autocomplete: "off", Error: form.Of("tags")}
	v.Price = view.Input{Name: "price", Label: l.T("bench.price"), Value: value("price", price), InputMode: "decimal", Required: true, Autocomplete: "off", Error: form.Of("price")}
	v.SoundPrice = view.Input{Name: "sound_price", Label: l.T("bench.sound_price"), Value: value("sound_price", soundPrice), Hint: l.T("bench.sound_price_hint"), InputMode: "decimal", Autocomplete: "off", Error: form.Of("sound_price")}
	receives := map[string]string{}
	for _, r := range pack.Receives {
		receives[r.Tier] = l.T("bench.receive", "Amount", l.Amount(r.Price.Amount, r.Price.Currency))
	}
	for _, tier := range []struct {
		name, receives string
		price          *api.Money
	}{
		{"extended_price", receives["extended"], pack.ExtendedPrice},
		{"exclusive_price", receives["exclusive"], pack.ExclusivePrice},
		{"sound_extended_price", "", pack.SoundExtendedPrice},
		{"sound_exclusive_price", "", pack.SoundExclusivePrice},
		{"suggested_price", "", pack.SuggestedPrice},
	} {
		kept := ""
		if tier.price != nil {
			kept = l.Amount(tier.price.Amount, tier.price.Currency)
		}
		input := view.Input{
			Name: tier.name, Label: l.T("bench." + tier.name), Value: value(tier.name, kept), Hint: strings.TrimSpace(l.T("bench."+tier.name+"_hint") + " " + tier.receives),
			InputMode: "decimal", Autocomplete: "off", Error: form.Of(tier.name),
		}
		v.TiersOpen = v.TiersOpen || input.Value != "" || input.Error != ""
		v.Tiers = append(v.Tiers, input)
	}
	if pack.YouReceive != nil {
		v.Receive = l.T("bench.receive", "Amount", l.Amount(pack.YouReceive.Amount, pack.YouReceive.Currency))
	}
	v.Genre = value("genre", pack.Genre)
	v.Genres = append(v.Genres, view.Option{Value: "", Text: l.T("bench.choose_genre"), Selected: v.Genre == ""})
	for _, g := range bench.Genres {
		v.Genres = append(v.Genres, view.Option{Value: g.Slug, Text: g.Name, Selected: g.Slug == v.Genre})
	}
	if pack.MadeWithAI != nil {
		v.AI = map[bool]string{true: "yes", false: "no"}[*pack.MadeWithAI]
	}
	v.RightsText, v.RightsKey, v.RightsOn = bench.Rights.Text, bench.Rights.Version, pack.RightsAt != nil
	if pack.RightsAt != nil {
		v.RightsAt = l.Moment(*pack.RightsAt)
	}
	v.Demo = pack.DemoSoundID
	for _, licence := range bench.Licences {
		if licence.Code == pack.Licence {
			v.Licence = licence
		}
	}
}

func fillChecklist(l *messages.Locale, v *view.Bench, bench api.Workbench) {
	finished, open := 0, 0
	for _, check := range bench.Checklist {
		line := view.CheckLine{Text: l.T("bench.check_" + check.Name), Detail: checkDetail(l, v, bench, check), State: check.State, Icon: "dot"}
		switch check.State {
		case "done":
			finished++
			line.Kind, line.Icon = "ok", "ok"
		case "optional":
			finished++
		case "waiting":
			line.Icon = "wait"
		case "open":
			open++
			line.Kind, line.Icon, line.URL = "warn", "warn", leadsTo(check.Anchor)
		}
		v.Checklist = append(v.Checklist, line)
	}
	v.CheckCount = l.T("bench.checked", "Done", l.Number(int64(finished)), "All", l.Number(int64(len(bench.Checklist))))
	if open > 0 {
		v.OpenCount = l.T("bench.open_count", "Count", l.Number(int64(open)))
	}
	state := bench.Pack.State
	whole := finished == len(bench.Checklist)
	v.CanPublish = whole && (state == "ready" || state == "withdrawn" || state == "live" && bench.Pack.Unpublished)
	v.Button = l.T("bench.publish")
	switch {
	case state == "live" && bench.Pack.FilesChanged:
		v.Button = l.T("bench.publish_edition", "Edition", l.Number(int64(bench.Pack.Edition+1)))
	case state == "live":
		v.Button = l.T("bench.publish_changes")
	case state == "publishing":
		v.Button = l.T("bench.publishing")
	}
	switch {
	case v.CanPublish || state == "publishing" || state == "taken_down":
	case !v.Live:
		v.PublishHint = l.T("bench.publish_hint")
	case v.Unpublished:
		v.PublishHint = l.T("bench.publish_changes_hint")
	default:
		v.PublishHint = l.T("bench.all_published")
	}
}

// leadsTo is where an open line of the checklist can be settled: an element of the page, or the settings.
func leadsTo(anchor string) string {
	switch anchor {
	case "email":
		return "/settings/account"
	case "payouts":
		return "/studio/payouts"
	case "files", "questions", "cover":
		return "#" + anchor
	case "made-with-ai":
		return "#f-ai"
	}
	return "#f-" + anchor
}

// checkDetail says what is missing, or what is there.
func checkDetail(l *messages.Locale, v *view.Bench, bench api.Workbench, check api.Check) string {
	if id := "bench.reason." + check.Reason; check.Reason != "" && l.Has(id) {
		return l.N(id, int64(check.Count))
	}
	if check.State != "done" {
		return check.Detail
	}
	pack := bench.Pack
	switch check.Name {
	case "files":
		return l.N("count.sounds", int64(v.Sounds))
	case "description":
		return l.N("bench.characters", int64(len([]rune(pack.Description))))
	case "genre":
		return l.Named("genre", pack.Genre)
	case "tags":
		return strings.Join(pack.Tags, ", ")
	case "demo":
		for _, o := range v.Listing.Demos {
			if o.Selected {
				return path.Base(o.Text)
			}
		}
	case "prices":
		return v.Listing.Price.Value
	case "licence":
		return v.Listing.Licence.Name
	case "ai":
		return l.T("bench.ai_" + v.Listing.AI)
	case "rights":
		return v.Listing.RightsAt
	}
	return ""
}

// fillSteps shows how far what was published has come: saved, sent, searchable.
func fillSteps(l *messages.Locale, v *view.Bench, bench api.Workbench) {
	t := bench.Trace
	if bench.Pack.State == "publishing" {
		v.Steps = []view.Step{{Text: l.T("bench.step_zip"), Detail: l.T("bench.step_zip_text")}}
		return
	}
	if t == nil || !bench.Pack.Listed {
		return
	}
	step := func(name string, done bool, detail string) {
		v.Steps = append(v.Steps, view.Step{Text: l.T("bench.step_" + name), Detail: detail, Done: done})
	}
	saved, sent, searchable := "", "", ""
	if t.CommittedAt != nil {
		saved = l.Moment(*t.CommittedAt)
	}
	if t.SentAt != nil {
		sent = l.Moment(*t.SentAt)
	}
	if t.SearchableAt != nil {
		searchable = l.Moment(*t.SearchableAt)
	}
	step("saved", t.CommittedAt != nil, saved)
	step("sent", t.SentAt != nil, sent)
	step("searchable", t.SearchableAt != nil, searchable)
}
