package web_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
	"crateful.dev/web"
)

var (
	lookDir   = flag.String("look", "", "folder for pictures of every page")
	lookOnly  = flag.String("only", "", "names of the pages to take, with +play at the end after pressing the first sound")
	lookWhole = flag.Bool("whole", false, "pictures of whole pages, not only of the window")
	lookServe = flag.String("serve", "", "serve the pages with sample data at this address until interrupted")
)

var (
	packTitles = []string{"Dusty Keys", "Tape Garden", "Night Bus, 2 a.m.", "Field Notes: Lisbon", "Motor Soul", "Copperwire", "Sub Rosa", "Halogen", "Ebb", "Paper Drums", "Glass Choir", "Portamento", "Salt Flats", "Kiln Drums"}
	makers     = []string{"Marlow Vint", "Inès Okafor", "Halde", "Nuno Alvor", "Marlow Vint", "Brass & Wire", "Petra Lund", "Kiyo Tanabe", "Low Tide Audio", "Kiyo Tanabe", "Inès Okafor", "Sable", "Nuno Alvor", "Low Tide Audio"}
	stems      = []string{"Dusty_Rhodes_Phrase_03_Am_88.wav", "Dusty_Rhodes_Phrase_07_Am_92.wav", "Wurli_Tape_Wobble_Am_90.wav", "NB_Keys_Rainy_Window_Dm_84.wav", "Felt_Piano_Low_Pedal_Em_~91.wav", "Motor_Soul_Clav_Stab_Am_96.wav", "Clavinet_DI_Dry_Hit_A.wav", "Organ_Drawbar_Slow_Leslie_C_82.wav", "Halogen_EP_Broken_Chorus_Fsharp_m_94.wav", "Ebb_Mellotron_Flute_Keys_Gm_80.wav", "Toy_Piano_Attic_Room_04.wav", "Glass_Choir_Celesta_Run_Am_90.wav", "A_name_of_one_hundred_and_twenty_characters_that_some_producer_really_gave_to_a_file_before_exporting_it_again_Am_120.wav", "صوت_طبل_قوي_جدا_92.wav"}
	keyNames   = []string{"Am", "Am", "Am", "Dm", "Em", "Am", "A", "C", "F#m", "Gm", "", "Am", "Bbm", "Cm"}
	tempos     = []float64{88, 92, 90, 84, 91, 96, 0, 82, 94, 80, 0, 90, 120, 92.5}
)

func euros(cents int64) api.Money { return api.Money{Amount: cents, Currency: "EUR"} }

func sampleRef(i int) api.PackRef {
	i %= len(packTitles)
	key := fmt.Sprintf("covers/%064x", i+1)
	if i == 5 {
		key = "" // a pack without a cover
	}
	return api.PackRef{
		ID: fmt.Sprintf("pack-%d", i), Slug: strings.ToLower(strings.NewReplacer(" ", "-", ",", "", ":", "", ".", "").Replace(packTitles[i])), Title: packTitles[i],
		CoverKey: key, Price: euros([]int64{1280, 900, 1200, 0, 1400}[i%5]),
		Producer: api.ProducerRef{ID: "x", Handle: strings.ToLower(strings.NewReplacer(" ", "", "&", "", "è", "e").Replace(makers[i])), Name: makers[i]},
	}
}

func sampleWave(seed int) []byte {
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	out := make([]byte, 96)
	beats := []int{4, 8, 16, 96}[seed%4]
	for i := range out {
		at := float64(i%(96/min(beats, 96))) / float64(96/min(beats, 96))
		if beats == 96 {
			at = float64(i) / 96
		}
		out[i] = byte(20 + 230*math.Exp(-3*at)*(0.6+0.4*r.Float64()))
	}
	return out
}

func sampleSound(i int) api.SoundRow {
	k := i % len(stems)
	price := euros([]int64{80, 80, 60, 0, 60, 80, 50, 100}[k%8])
	s := api.SoundRow{
		ID: fmt.Sprintf("sound-%d", i), Name: stems[k], Folder: []string{"Loops/Rhodes", "Loops/Wurlitzer", "One-shots/Noises"}[k%3], Type: "loop",
		Instrument: "electric-piano", Key: keyNames[k], TempoBPM: tempos[k], TempoUnsure: k == 4, Tags: []string{"dusty", "warm keys"},
		DurationSeconds: 4, LoudnessLUFS: -14 - float64(k), TruePeakDBTP: -1.2, Waveform: sampleWave(i), Price: &price, Pack: sampleRef(k),
	}
	switch k {
	case 2:
		s.Marks.Owned = true
	case 3:
		s.Price = nil
		s.Marks.Liked = true
	case 5:
		s.Marks.InCart = true
	case 6, 10:
		s.Type, s.DurationSeconds = "one-shot", 1.3
	case 7:
		s.DurationSeconds = 134
	case 9:
		s.Gone = "withdrawn"
	}
	return s
}

func sampleSounds(from, n int) []api.SoundRow {
	out := make([]api.SoundRow, n)
	for i := range out {
		out[i] = sampleSound(from + i)
	}
	return out
}

func sampleCard(i int) api.PackCard {
	demo := sampleSound(i)
	demo.Gone = ""
	return api.PackCard{PackRef: sampleRef(i), Genre: "lo-fi", Sounds: 138, Loops: 42, OneShots: 96, TempoMin: 80, TempoMax: 96, PublishedAt: time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC), Demo: &demo}
}

func sampleCards(from, n int) []api.PackCard {
	out := make([]api.PackCard, n)
	for i := range out {
		out[i] = sampleCard(from + i)
	}
	return out
}

// upstream answers as the experience service does, with sample data.
type upstream struct {
	mu        sync.Mutex
	cart      int
	likes     map[string]bool
	calls     []string
	lines     []api.CartLine
	keys      []string // idempotency keys of orders
	payURL    string
	paid      bool
	crates    []*sampleCrate
	saved     []api.SavedSearch
	removed   *api.SavedSearch // the last one that was removed
	profile   api.Profile
	benches   map[string]*bench // by session
	ears      map[chan string]struct{}
	ended     string // session that has ended
	saves     int
	deleted   bool
	offered   []api.UploadFile
	partBytes int64
	storage   *store
	operator  operator
}

func newUpstream() *upstream {
	u := &upstream{
		likes: map[string]bool{}, lines: sampleCart(), crates: newCrates(), saved: sampleSaved(), ears: map[chan string]struct{}{}, partBytes: 8 << 20, payURL: "https://checkout.stripe.com/pay",
		profile: api.Profile{Handle: "juno", Name: "Juno Reyes", Bio: "Keys, tape and one room.", Links: []string{"https://example.org/juno"}},
		storage: &store{got: map[string]map[int]int64{}},
	}
	empty, many, live := newBench(), newBench(), newBench()
	empty.files, empty.questions, empty.pack.Description, empty.pack.Price, empty.pack.YouReceive, empty.pack.CoverKey = nil, nil, "", nil, nil, ""
	empty.pack.Extras, empty.pack.SizeBytes = api.Extras{}, 0
	many.files, many.questions = nil, nil
	for i := range 1000 {
		f := studioFile(i, "ready")
		f.Path = fmt.Sprintf("Loops/%04d_%s", i, f.Row.Name)
		f.Row.Name = f.Path[len("Loops/"):]
		many.files = append(many.files, f)
	}
	no := false
	live.files, live.questions = live.files[:6], live.questions[:0]
	live.files[2].State = "ready"
	live.files[1].Path = "Loops/" + strings.Repeat("A_very_long_name_", 7) + ".wav"
	live.files[1].Row.Name = live.files[1].Path[len("Loops/"):]
	live.pack.Title, live.pack.State, live.pack.Listed, live.pack.Unpublished, live.pack.FilesChanged, live.pack.MadeWithAI, live.pack.RightsAt = longTitle, "live", true, true, true, &no, &sampleNow
	live.trace = &api.Trace{CommittedAt: &sampleNow, SentAt: &sampleNow}
	down := newBench()
	down.pack.State, down.pack.TakenDownFor = "taken_down", "Loop 4 holds two bars of a record that is not cleared."
	down.appeals = []api.Appeal{{ID: appealID, Text: "I played it myself. The session is attached.", State: "refused", Answer: "The recording matches to the sample.", CreatedAt: sampleNow, ResolvedAt: &sampleNow}}
	u.benches = map[string]*bench{"opaque": newBench(), "empty": empty, "many": many, "long": live, "down": down}
	return u
}

func (u *upstream) viewer(token string) *api.Viewer {
	v := &api.Viewer{ID: "me", Handle: "juno", Name: "Juno Reyes", Email: "juno@example.org", EmailVerified: true, Sells: true, Settings: api.Settings{SingleKeys: true, LevelMatching: true}}
	v.Admin = token == "admin" || token == "calm"
	if token == "long" {
		v.Email, v.EmailVerified = strings.Repeat("long.", 14)+"@"+strings.Repeat("example.", 12)+"org", false
	}
	return v
}

func (u *upstream) frame(r *http.Request) api.Frame {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.frameLocked(r)
}

func (u *upstream) frameLocked(r *http.Request) api.Frame {
	f := api.Frame{CartCount: u.cart, SoundCount: 41208}
	if token := session(r); token != "" && token != u.ended {
		f.Viewer = u.viewer(token)
	}
	return f
}

func problem(w http.ResponseWriter, status int, code, reason string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code, "reason": reason, "detail": "x", "title": "x"})
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	u.mu.Lock()
	u.calls = append(u.calls, r.Method+" "+r.URL.Path)
	u.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	id := path[strings.LastIndex(path, "/")+1:]
	if path == "/live" {
		u.live(w, r)
		return
	}
	if u.admin(w, r, path) || u.savedSearches(w, r, path) || u.shop(w, r, path) || u.account(w, r, path) || u.studio(w, r, path) {
		return
	}
	switch {
	case strings.HasPrefix(path, "/covers/"):
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, coverArt(strings.Split(path, "/")[2]))
	case strings.HasPrefix(path, "/previews/"):
		w.Header().Set("Content-Type", "audio/wav")
		seconds := 4.0
		if id == "sound-7" {
			seconds = 134
		}
		_, _ = w.Write(tone(id, seconds))
	case path == "/home":
		home := api.Home{Frame: u.frame(r), Featured: sampleSounds(11, 6), New: sampleCards(1, 5), Popular: sampleCards(4, 6), Free: sampleCards(8, 3)}
		for i := range home.Featured {
			home.Featured[i].Gone = ""
		}
		for i, g := range []string{"Ambient", "Boom bap", "Drum and bass", "Dub", "House", "Jazz", "Lo-fi", "Soul", "Techno", "Trap"} {
			home.Genres = append(home.Genres, api.Genre{Slug: strings.ToLower(g), Name: g, Packs: 300 + i*71})
		}
		if home.Viewer != nil {
			home.ForYou = sampleCards(6, 5)
			home.ForYou[0].Reason = &api.Reason{Kind: "bought_together", Count: 12, Title: "Dusty Keys"}
			home.Continue = &api.Continue{Crate: &api.CrateCard{ID: "c", Name: "Sunday session", Count: 14, Covers: []string{sampleRef(1).CoverKey}}, Drafts: []api.StudioPack{{ID: "p", Title: "Attic tapes", State: "draft"}}}
		}
		answer(home)
	case path == "/me":
		answer(u.frame(r))
	case path == "/search":
		answer(u.search(r))
	case strings.HasSuffix(path, "/gone"):
		answer(api.Gone{Title: "Copperwire", Producer: "Brass & Wire", Owned: true, Similar: sampleCards(4, 5)})
	case path == "/packs/copperwire":
		problem(w, 410, "gone", "withdrawn")
	case path == "/packs/"+adminPack:
		answer(u.pack(r))
	case path == "/packs/empty":
		answer(api.Pack{Frame: u.frame(r), Card: api.PackCard{PackRef: api.PackRef{ID: "e", Slug: "empty", Title: "Empty", Producer: api.ProducerRef{Handle: "x", Name: "X"}, Price: euros(500)}}, YourPrice: euros(500)})
	case strings.HasPrefix(path, "/packs/"):
		answer(u.pack(r))
	case path == "/sounds/missing":
		problem(w, 404, "not_found", "sound_not_found")
	case strings.HasPrefix(path, "/sounds/"):
		peaks := make([]byte, 1000)
		for i := range peaks {
			peaks[i] = sampleWave(1)[i*96/1000]
		}
		answer(api.Sound{Frame: u.frame(r), Row: sampleSound(1), Peaks: peaks, Format: "wav", SampleRateHz: 44100, Channels: 2, BitDepth: 24, SizeBytes: 2_400_000, KeyFrom: "measured", TempoFrom: "producer", Pack: sampleCard(0), More: sampleSounds(5, 5), Licence: licence})
	case strings.HasPrefix(path, "/producers/") && r.Method == http.MethodGet:
		answer(api.Producer{Frame: u.frame(r), Card: api.ProducerCard{ProducerRef: sampleRef(0).Producer, Packs: 3, Sounds: 414, Followers: 1204}, Bio: "Keys, tape and one room in Leeds.\n\nEverything is played by hand.", Links: []string{"https://example.org/marlow", "javascript:alert(1)"}, Packs: sampleCards(0, 3), MostPlayed: sampleSounds(0, 6)})
	case strings.HasPrefix(path, "/producers/"):
		answer(api.Follow{Following: r.Method == http.MethodPut})
	case strings.HasPrefix(path, "/genres/"), strings.HasPrefix(path, "/tags/"), path == "/free":
		answer(api.Landing{Frame: u.frame(r), Name: "Lo-fi", Slug: "lo-fi", Packs: sampleCards(0, 5), Sounds: sampleSounds(0, 12), Total: 3682, Page: api.Page{Next: "n"}})
	case path == "/cart/lines":
		var t api.Things
		_ = json.NewDecoder(r.Body).Decode(&t)
		u.mu.Lock()
		u.cart += len(t.SoundIDs) + len(t.PackIDs)
		for _, id := range t.PackIDs {
			u.lines = append(u.lines, sampleCart()[0])
			u.lines[len(u.lines)-1].ID = "again-" + id
		}
		u.mu.Unlock()
		answer(api.Cart{Frame: u.frame(r)})
	case path == "/likes":
		if r.Header.Get("Authorization") == "" {
			problem(w, 401, "unauthenticated", "sign_in")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case path == "/downloads":
		answer(api.Download{URL: "https://storage.example/file.wav"})
	case path == "/sitemap":
		answer(api.Sitemap{Entries: []api.SitemapEntry{{Path: "/packs/dusty-keys", UpdatedAt: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)}}})
	case path == "/interactions", path == "/account/settings":
		answer(struct{}{})
	case path == "/healthz":
		_, _ = io.WriteString(w, "ok")
	default:
		problem(w, 404, "not_found", "nothing")
	}
}

var licence = api.Licence{Code: "standard", Name: "Standard", Lines: []api.LicenceLine{{Allowed: true, Text: "Use it in music you release and sell."}, {Allowed: true, Text: "No royalties, no credit needed."}, {Allowed: true, Text: "Yours for good, also if the pack is withdrawn."}, {Text: "Not to be resold or shared as sounds."}, {Text: "Not to be used to train models."}}}

func (u *upstream) pack(r *http.Request) api.Pack {
	card := sampleCard(0)
	sounds := sampleSounds(0, 24)
	for i := range sounds {
		if sounds[i].Gone != "" {
			sounds[i].Gone = "removed"
		}
	}
	card.Demo.DurationSeconds = 134
	card.Demo.ID = "sound-7"
	credit, from := euros(160), euros(50)
	return api.Pack{
		Frame: u.frame(r), Card: card, Description: "Rhodes Mark I, a tired Wurlitzer and a music-box celeste, played slow and recorded to quarter-inch tape in one room in Leeds. No samples of other records. Every phrase comes with its MIDI.",
		Tags: []string{"dusty", "keys", "tape"}, Edition: 2, SizeBytes: 1_300_000_000, Extras: api.Extras{MIDI: 12, Docs: 1}, Formats: []string{"WAV 24-bit"}, Licence: licence,
		Sounds: sounds, Folders: []api.Folder{{Path: "Loops", Count: 42}, {Path: "Loops/Rhodes", Count: 18}, {Path: "Loops/Wurlitzer", Count: 14}, {Path: "One-shots", Count: 96}, {Path: "One-shots/Noises", Count: 48}},
		YourPrice: euros(1120), OwnedCredit: &credit, OwnedSounds: 2, SoundsFrom: &from, AlsoLike: sampleCards(6, 5), MoreBy: sampleCards(4, 1), State: "live", Genre: api.Genre{Slug: "lo-fi", Name: "Lo-fi"},
	}
}

// search answers as the service does where it matters to the page; what it does with a query is for its own tests.
func (u *upstream) search(r *http.Request) api.Search {
	q := r.URL.Query()
	s := api.Search{
		Frame: u.frame(r), Kind: q.Get("in"), Words: q.Get("q"), Typed: q.Get("q"), Box: q.Get("q"), Language: q.Get("q"),
		Totals: api.SearchTotals{Sounds: 214, Packs: 18, Producers: 3}, Sort: "relevance", Canonical: r.URL.RawQuery,
		Facets: []api.Facet{
			{Name: "type", Values: []api.FacetValue{{Value: "loop", Count: 168, Selected: q.Get("type") == "loop"}, {Value: "one-shot", Count: 41}}},
			{Name: "key"},
			{Name: "instrument", Values: []api.FacetValue{{Value: "electric-piano", Count: 86}, {Value: "piano", Count: 48}, {Value: "organ", Count: 27}, {Value: "clavinet", Count: 19}, {Value: "mellotron", Count: 11}, {Value: "celesta", Count: 9}, {Value: "harmonium", Count: 2}}},
			{Name: "genre", Values: []api.FacetValue{{Value: "lo-fi", Count: 86}, {Value: "house", Count: 48}}},
			{Name: "length", Values: []api.FacetValue{{Value: "to-1", Count: 41, Max: "1"}, {Value: "to-5", Count: 120, Min: "1", Max: "5"}, {Value: "over-60", Min: "60"}}},
			{Name: "price", Values: []api.FacetValue{{Value: "free", Count: 12, Min: "0.00", Max: "0.00"}, {Value: "to-1", Count: 139, Min: "0.01", Max: "1.00"}, {Value: "to-5", Count: 38, Min: "1.01", Max: "5.00"}}},
			{Name: "tag", Values: []api.FacetValue{{Value: "dusty", Count: 86}, {Value: "warm", Count: 48}}},
			{Name: "producer", Values: []api.FacetValue{{Value: "marlowvint", Label: "Marlow Vint", Count: 40}}},
			{Name: "format", Values: []api.FacetValue{{Value: "wav", Count: 214}}},
			{Name: "licence", Values: []api.FacetValue{{Value: "standard", Count: 214}}},
		},
		Filters: api.SearchFilters{ByPack: q.Get("group") == "pack", KeyFits: q.Get("key_fits") == "1", HalfDouble: q.Get("half_double") == "1", Like: q.Get("like")},
	}
	for i, k := range []string{"C", "Cm", "Db", "C#m", "D", "Dm", "Eb", "Ebm", "E", "Em", "F", "Fm", "F#", "F#m", "G", "Gm", "Ab", "G#m", "A", "Am", "Bb", "Bbm", "B", "Bm"} {
		s.Facets[1].Values = append(s.Facets[1].Values, api.FacetValue{Value: k, Label: k, Count: int64((i * 7) % 50), Selected: slices.Contains(q["key"], k), Camelot: fmt.Sprintf("%d%s", i%12+1, []string{"B", "A"}[i%2]), Fits: q.Get("key_fits") == "1" && (k == "C" || k == "Dm" || k == "Em")})
	}
	for i := range 28 {
		s.TempoBars = append(s.TempoBars, api.TempoBar{From: float64(60 + 5*i), To: float64(65 + 5*i), Count: int64(40 * math.Exp(-math.Pow(float64(i-9)/6, 2)))})
	}
	chip := func(facet, value, label string, not bool) {
		s.Chips = append(s.Chips, api.Chip{Facet: facet, Value: value, Label: label, Not: not, Without: "q=dusty"})
	}
	if q.Get("tempo_min") != "" {
		low, high := 80.0, 96.0
		s.Filters.TempoMin, s.Filters.TempoMax = &low, &high
		chip("tempo", "80-96", "", false)
	}
	for _, name := range []string{"type", "key"} {
		for _, value := range q[name] {
			chip(name, value, value, false)
		}
	}
	for _, value := range q["not_tag"] {
		chip("tag", value, value, true)
	}
	if s.Filters.Like != "" {
		chip("like", s.Filters.Like, stems[1], false)
		s.Facets, s.TempoBars, s.Totals = nil, nil, api.SearchTotals{Sounds: 100}
	}
	if q.Get("sort") != "" {
		s.Sort = q.Get("sort")
	}
	if s.Sort == "near_tempo" && q.Get("near") == "" {
		s.Sort = "relevance"
		s.Problems = append(s.Problems, api.QueryProblem{Field: "near", Reason: "no_value", Detail: "say which tempo, like near:92"})
	}
	if at := strings.Index(s.Typed, "bpm:fast"); at >= 0 {
		s.Words = strings.TrimSpace(strings.Replace(s.Typed, "bpm:fast", "", 1))
		s.Box = s.Words + " bpm:fast"
		s.Problems = append(s.Problems, api.QueryProblem{Field: "tempo", Reason: "not_a_number", Detail: "write numbers like bpm:90, bpm:84-92, bpm:120- or bpm:<100", From: at + 4, To: at + 8})
	}
	switch {
	case strings.Contains(s.Words, "away"):
		s.Degraded, s.Totals, s.Facets, s.TempoBars = true, api.SearchTotals{}, nil, nil
	case strings.Contains(s.Words, "190"):
		s.Totals = api.SearchTotals{}
		s.Loosen = []api.Loosening{{Drop: "tempo", Count: 38, Params: "q=dusty"}, {Drop: "words", Value: "dusty", Count: 5, Params: "q=keys"}, {Drop: "tempo_wider", Value: "170-174", Count: 2, Params: "q=dusty"}}
		s.Sounds = sampleSounds(2, 3)
	case s.Filters.ByPack:
		s.GroupsTotal = 9
		for i := range 4 {
			s.Groups = append(s.Groups, api.SoundGroup{Pack: sampleRef(i), Count: int64(3 + i*5), Sounds: sampleSounds(i*3, 3)})
		}
		s.Page.Next = "n"
	case q.Get("in") == "packs":
		s.Packs = sampleCards(0, 12)
	case q.Get("in") == "producers":
		s.Producers = []api.ProducerCard{{ProducerRef: sampleRef(0).Producer, Packs: 3, Sounds: 414, Followers: 1204}, {ProducerRef: sampleRef(1).Producer, Packs: 1, Sounds: 40, Following: true}}
	default:
		s.Sounds = sampleSounds(len(q.Get("cursor"))*14, 14)
		s.Page.Next = q.Get("cursor") + "n"
	}
	if strings.Contains(s.Words, "rodes") {
		s.Typos, s.DidYouMean = true, &api.Correction{Words: "dusty rhodes", Count: 86, Params: "q=dusty+rhodes"}
	}
	s.Stale = strings.Contains(s.Words, "stale")
	return s
}

func coverArt(key string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	palettes := [][3]string{{"#e4502e", "#f4ead5", "#141714"}, {"#0e5a46", "#f3a6bd", "#f4ead5"}, {"#1f45c8", "#8fc7e6", "#ff8f73"}, {"#f4ead5", "#141714", "#3f9a4a"}, {"#3b1f5b", "#b7a3e6", "#ff8f73"}, {"#0d7f8c", "#f4ead5", "#1f45c8"}, {"#a9d9bd", "#0e5a46", "#e4502e"}}
	p := palettes[int(h.Sum32())%len(palettes)]
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="640" height="640"><rect width="96" height="96" fill="%s"/><circle cx="%d" cy="34" r="22" fill="%s"/>`, p[0], 30+h.Sum32()%40, p[1])
	for i := range 8 {
		y := 30 + int(h.Sum32()>>i)%40
		fmt.Fprintf(&b, `<rect x="%g" y="%d" width="7" height="%d" fill="%s"/>`, 8+float64(i)*10.25, y, 96-y, p[2])
	}
	b.WriteString("</svg>")
	return b.String()
}

// tone is a WAV file: a pitch by its name, mono, 16 bit.
func tone(name string, seconds float64) []byte {
	const rate = 44100
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	pitch := 110 * math.Pow(2, float64(h.Sum32()%24)/12)
	n := int(seconds * rate)
	b := make([]byte, 44+2*n)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*n))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], rate)
	binary.LittleEndian.PutUint32(b[28:], rate*2)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(2*n))
	for i := range n {
		binary.LittleEndian.PutUint16(b[44+2*i:], uint16(int16(6000*math.Sin(2*math.Pi*pitch*float64(i)/rate))))
	}
	return b
}

// site starts web over sample data.
func site(t *testing.T, listen string) (string, *upstream) {
	t.Helper()
	u := newUpstream()
	behind, storage := httptest.NewServer(u), httptest.NewServer(u.storage)
	u.storage.url = storage.URL
	t.Cleanup(func() {
		behind.CloseClientConnections()
		behind.Close()
		storage.CloseClientConnections()
		storage.Close()
	})
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + ln.Addr().String()
	s, err := web.New(context.Background(), web.Config{
		PublicURL: address, ExperienceURL: behind.URL, StorageURL: storage.URL, ServiceToken: "token", Timeout: 5 * time.Second,
		CheckoutOrigins: []string{"https://checkout.stripe.com"},
	}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatalf("%v (built with: npm run build)", err)
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = s.Close()
	})
	return address, u
}

// TestLook takes pictures of every page with sample data: go test . -run Look -look=DIR, or keeps serving them with
// -serve=127.0.0.1:8099. Without either it does nothing.
func TestLook(t *testing.T) {
	if *lookServe != "" {
		address, _ := site(t, *lookServe)
		t.Log("serving at", address)
		select {}
	}
	if *lookDir == "" {
		t.Skip("give -look=DIR for pictures")
	}
	address, _ := site(t, "127.0.0.1:0")
	for _, shot := range []struct {
		name   string
		width  int64
		height int64
		dark   bool
	}{{"360", 360, 740, false}, {"1440", 1440, 900, false}, {"360-dark", 360, 740, true}, {"1440-dark", 1440, 900, true}} {
		ctx := browser(t, shot.width > 720)
		for name, path := range lookPages {
			if *lookOnly != "" && !strings.Contains(*lookOnly, name) {
				continue
			}
			scheme := "light"
			if shot.dark {
				scheme = "dark"
			}
			var picture []byte
			var wide bool
			actions := []chromedp.Action{
				network.ClearBrowserCookies(),
				signedIn(address, sessionOf(name)),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(shot.width, shot.height, chromedp.EmulateScale(1)),
				chromedp.Navigate(address + path),
				chromedp.WaitReady("#player"),
				chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide),
			}
			if strings.HasSuffix(*lookOnly, "+play") {
				actions = append(actions, chromedp.Click("main .row [data-play], main [data-play]", chromedp.NodeVisible), chromedp.Sleep(900*time.Millisecond))
			}
			actions = append(actions, chromedp.Sleep(400*time.Millisecond), capture(&picture))
			if err := chromedp.Run(ctx, actions...); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if wide {
				t.Errorf("%s scrolls sideways at %d px", path, shot.width)
			}
			if err := os.WriteFile(filepath.Join(*lookDir, name+"-"+shot.name+".png"), picture, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var lookPages = map[string]string{
	"home": "/", "home-in": "/", "search-in": "/search?q=dusty", "search": "/search?q=dusty+keys&type=loop&tempo_min=80&tempo_max=96&key=Am&key_fits=1&not_tag=lofi", "search-wrong": "/search?q=dusty+bpm:fast+keys&group=pack&sort=near_tempo", "search-meant": "/search?q=dusty+rodes+stale", "search-down": "/search?q=away", "packs": "/search?in=packs&q=dusty", "producers": "/search?in=producers&q=marlow",
	"none": "/search?q=dusty+keys+190+bpm", "pack": "/packs/dusty-keys", "bare": "/packs/empty", "sound": "/sounds/sound-1", "shop": "/@marlowvint", "genre": "/genres/lo-fi",
	"sign-up": "/sign-up", "sign-in": "/sign-in?next=/cart", "forgot": "/forgot", "reset": "/reset?token=x", "verify": "/verify-email?token=x", "developers": "/developers",
	"settings-in": "/settings", "settings-account-in": "/settings/account", "settings-account-long": "/settings/account", "settings-sessions-in": "/settings/sessions", "settings-privacy-in": "/settings/privacy", "settings-tokens-in": "/settings/tokens", "settings-tokens-empty": "/settings/tokens",
	"cart": "/cart", "cart-in": "/cart", "cart-empty": "/cart", "cart-long": "/cart", "cart-short": "/cart", "cart-mixed": "/cart", "order-half-in": "/checkout/return?order=order-half_paid",
	"order-paid-in": "/checkout/return?order=order-paid", "order-waiting-in": "/checkout/return?order=order-waiting_for_bank", "order-unpaid-in": "/checkout/return?order=order-awaiting_payment", "order-refunded-in": "/orders/order-refunded_unavailable", "order-attention-in": "/orders/order-needs_attention",
	"orders-in": "/orders", "orders-empty": "/orders", "library-in": "/library?bought=order-paid", "library-sounds-in": "/library?kind=sounds", "library-empty": "/library", "library-none-in": "/library?q=nothing", "library-files-in": "/library/packs/pack-0",
	"crates-in": "/crates", "crate-in": "/crates/c1", "crate-shared": "/crates/shared/s3cr3t", "crate-none-in": "/crates/c2", "crate-add-in": "/crates/add?sound=sound-1",
	"saved-in": "/saved", "saved-empty": "/saved", "saved-found-in": "/saved/s1", "saved-packs-in": "/saved/s2", "saved-nothing-in": "/saved/s4", "saved-add-in": "/saved/add?query=q%3Ddusty&name=dusty", "saved-stop": "/saved/stop?token=c2VhbGVk",
	"studio-in": "/studio", "studio-empty": "/studio", "bench-in": "/studio/packs/kiln", "bench-empty": "/studio/packs/kiln", "bench-long": "/studio/packs/kiln", "sales-in": "/studio/sales", "sales-empty": "/studio/sales",
	"payouts-in": "/studio/payouts", "payouts-empty": "/studio/payouts", "payouts-long": "/studio/payouts", "money-admin": "/admin/money", "money-calm": "/admin/money",
	"bench-down": "/studio/packs/kiln", "report": "/report?pack=dusty-keys", "report-in": "/report?sound=sound-1",
	"needs-admin": "/admin", "needs-calm": "/admin", "accounts-admin": "/admin/accounts", "account-admin": "/admin/accounts/" + adminID, "account-suspended-admin": "/admin/accounts/01930000-0000-7000-8000-0000000000a3",
	"admin-packs-admin": "/admin/packs", "admin-pack-admin": "/admin/packs/" + adminPack, "admin-pack-down-admin": "/admin/packs/" + takenDown,
	"admin-orders-admin": "/admin/orders", "admin-order-admin": "/admin/orders/" + orderID, "admin-order-stuck-admin": "/admin/orders/01930000-0000-7000-8000-0000000000e2",
	"reports-admin": "/admin/reports", "reports-calm": "/admin/reports", "appeals-admin": "/admin/appeals", "index-admin": "/admin/index", "dead-admin": "/admin/dead", "dead-all-admin": "/admin/dead?topic=packs.dead&all=yes", "dead-calm": "/admin/dead",
	"jobs-admin": "/admin/jobs", "queues-admin": "/admin/queues", "queues-calm": "/admin/queues", "storage-admin": "/admin/storage", "storage-calm": "/admin/storage", "audit-admin": "/admin/audit", "audit-calm": "/admin/audit",
	"gone": "/packs/copperwire", "missing": "/nothing/here", "licences": "/licences",
}

// sessionOf tells by the ending of a picture's name who looks: -in, -admin, -empty, -long … or nobody.
func sessionOf(name string) string {
	ending := name[strings.LastIndex(name, "-")+1:]
	switch ending {
	case "in":
		return "opaque"
	case "empty", "long", "short", "mixed", "admin", "calm", "down":
		return ending
	}
	return ""
}

func signedIn(address, token string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if token == "" {
			return nil
		}
		return network.SetCookie("crateful_session", token).WithURL(address).Do(ctx)
	})
}

// browser starts Chromium with a mouse or a finger.
func browser(t *testing.T, mouse bool) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium: scripts/setup.sh chromium installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	if mouse {
		options = append(options, chromedp.Flag("blink-settings", "primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2"))
	}
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(done)
	if err := chromedp.Run(ctx); err != nil { // the first one starts it, and what it is given ends it
		t.Fatal(err)
	}
	return ctx
}

func capture(picture *[]byte) chromedp.Action {
	if *lookWhole {
		return chromedp.FullScreenshot(picture, 100)
	}
	return chromedp.CaptureScreenshot(picture)
}

// TestLookAtStates takes pictures of what only a press shows.
func TestLookAtStates(t *testing.T) {
	if *lookDir == "" {
		t.Skip("give -look=DIR for pictures")
	}
	address, _ := site(t, "127.0.0.1:0")
	for name, state := range map[string]struct {
		width, height int64
		path          string
		signedIn      bool
		actions       []chromedp.Action
	}{
		"keys":         {1440, 900, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(row(2), chromedp.ByQuery), poll(playing), chromedp.KeyEvent("?")}},
		"bulk":         {1440, 900, "/search?q=dusty", false, []chromedp.Action{chromedp.Focus(row(2), chromedp.ByQuery), chromedp.KeyEvent("x"), chromedp.Focus(row(3), chromedp.ByQuery), chromedp.KeyEvent("x")}},
		"queue":        {1440, 900, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(row(2), chromedp.ByQuery), poll(playing), chromedp.Click(`[data-pl="queue"]`, chromedp.ByQuery)}},
		"toast":        {1440, 900, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(row(1), chromedp.ByQuery), chromedp.KeyEvent("b"), poll(`document.querySelector("[data-toast]")`)}},
		"menu":         {1440, 900, "/search?q=dusty", true, []chromedp.Action{chromedp.Click(".menu summary", chromedp.ByQuery)}},
		"compact":      {1440, 900, "/search?q=dusty", true, []chromedp.Action{chromedp.Evaluate(`document.documentElement.dataset.density = "compact"`, nil)}},
		"long":         {1440, 900, "/packs/dusty-keys", false, []chromedp.Action{chromedp.Click(".demo [data-play]", chromedp.ByQuery), poll(playing), chromedp.Evaluate(`window.__crateful.player.seek(60)`, nil), chromedp.Sleep(300 * time.Millisecond)}},
		"phone-player": {360, 740, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(row(2), chromedp.ByQuery), poll(playing), chromedp.Click(".pl-now", chromedp.ByQuery)}},
		"phone-sheet":  {360, 740, "/search?q=dusty&type=loop", false, []chromedp.Action{chromedp.Click("[data-filters-open]", chromedp.ByQuery)}},
		"phone-menu":   {360, 740, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(".rows li:nth-child(3) [data-more]", chromedp.ByQuery)}},
		"phone-bulk":   {360, 740, "/search?q=dusty", false, []chromedp.Action{chromedp.Evaluate(`document.querySelector("[data-tick]").click()`, nil)}},
		"tablet":       {768, 1024, "/search?q=dusty", false, []chromedp.Action{chromedp.Click(row(2), chromedp.ByQuery), poll(playing)}},
		"tablet-pack":  {768, 1024, "/packs/dusty-keys", false, nil},
	} {
		if *lookOnly != "" && !strings.Contains(*lookOnly, name) {
			continue
		}
		ctx := browser(t, state.width > 720)
		var picture []byte
		actions := []chromedp.Action{chromedp.EmulateViewport(state.width, state.height), signedIn(address, map[bool]string{true: "opaque"}[state.signedIn]), chromedp.Navigate(address + state.path), poll(`window.__crateful`)}
		actions = append(append(actions, state.actions...), chromedp.Sleep(400*time.Millisecond), chromedp.CaptureScreenshot(&picture))
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := os.WriteFile(filepath.Join(*lookDir, "state-"+name+".png"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
