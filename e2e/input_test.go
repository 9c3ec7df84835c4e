package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/local"
)

// Names in every script and of the greatest length reach the buyer's folder as they were.
func TestNamesOfFiles(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, 3*time.Minute)
	p, buyer := s.newPerson(t, "Name Maker"), s.newPerson(t, "Name Buyer")
	word := fmt.Sprintf("N%x", time.Now().UnixNano()&0xffffffff)
	names := []string{
		"Барабан_удар.wav", "スネア_太鼓_120.wav", "ドラム/キック 01.wav", "طبلة_قوية.wav", "תוף גדול.wav", "북소리.wav", "กลอง.wav", "ढोल.wav", "Größe & Wärme (2).wav",
		"Τύμπανο.wav", "e\u0301 combining.wav", "😀 emoji 🥁.wav", "鼓" + strings.Repeat("鼓", 60) + ".wav", "spaces  and   more.wav", "percent %20 and + plus.wav", "quote ' and , comma; semi.wav",
		"#hash.wav", "dots...many.wav", "UPPER.WAV",
	}
	var made local.SamplePack
	for _, n := range names {
		made.Files = append(made.Files, local.SampleFile{Path: n, Data: good(), Type: "one-shot"})
	}
	pack := p.newPack(t, made, listing{Title: "אבג " + word + " ألف \u05d0", SoundPrice: -1})
	order := buyer.order(t, api.Things{PackIDs: []string{pack.Pack.ID}})
	if order.State != "paid" {
		t.Fatalf("the free order is %s", order.State)
	}
	link, err := buyer.Download(ctx, api.DownloadRequest{PackID: pack.Pack.ID})
	if err != nil {
		t.Fatal(err)
	}
	body, err := get(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	got := unzipped(t, body)
	byHash := map[string]string{}
	for path, hash := range got {
		byHash[hash] = path
	}
	for _, f := range made.Files {
		if where := byHash[sum(f.Data)]; where != f.Path {
			if where == "" {
				t.Errorf("%q is not in the zip", f.Path)
			} else {
				t.Logf("%q is %q in the zip", f.Path, where)
			}
		}
	}
	files, err := buyer.LibraryPack(ctx, pack.Pack.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files.Files {
		if !utf8.ValidString(f.Path) {
			t.Errorf("%q is no text", f.Path)
		}
		if f.SoundID == "" {
			continue
		}
		one, err := buyer.Download(ctx, api.DownloadRequest{SoundID: f.SoundID})
		if err != nil {
			t.Errorf("download %s: %v", f.Path, err)
			continue
		}
		res := raw(t, request{URL: one.URL})
		if sum(res.Body) != f.SHA256 || res.Status != http.StatusOK {
			t.Errorf("%s downloads as something else (%d)", f.Path, res.Status)
		}
		if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || strings.ContainsAny(d, "\r\n") {
			t.Errorf("%s downloads with %q", f.Path, d)
		}
	}
	page := raw(t, request{URL: s.URL + "/packs/" + pack.Pack.Slug})
	if page.Status != http.StatusOK || !strings.Contains(string(page.Body), `dir="auto">אבג`) {
		t.Errorf("the right-to-left title is not shown as such (%d)", page.Status)
	}
	if _, err := s.stranger(t).Search(ctx, url.Values{"q": {"スネア"}}); err != nil {
		t.Errorf("searching in another script: %v", err)
	}
}

// Names that cannot be are refused before a byte is sent, each with its reason, and the others go on.
func TestNamesThatCannotBe(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, time.Minute)
	p := s.newPerson(t, "Bad Names")
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Bad names"})
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		strings.Repeat("a", 300) + ".wav", strings.Repeat("鼓", 100) + ".wav", "../../etc/passwd.wav", "/etc/kick.wav", `..\..\kick.wav`, `C:\kick.wav`,
		"a/../../b.wav", "nul\x00byte.wav", "line\nbreak.wav", "bell\x07.wav", "escape\x1b[31m.wav", strings.Repeat("deep/", 60) + "kick.wav", "", "   ", ".", "..", "a//b/./c/../../../x.wav",
	}
	var in api.UploadRequest
	for i, n := range bad {
		in.Files = append(in.Files, api.UploadFile{Fingerprint: sum([]byte(fmt.Sprint(i, n))), Path: n, SizeBytes: 1000})
	}
	fine := api.UploadFile{Fingerprint: sum([]byte("fine")), Path: "Fine.wav", SizeBytes: 1000}
	in.Files = append(in.Files, fine)
	got, err := p.Upload(ctx, bench.Pack.ID, in)
	if err != nil {
		t.Fatalf("one bad name refuses all: %v", explain(err))
	}
	for i, u := range got.Uploads[:len(bad)] {
		switch {
		case u.Refused != "":
			if u.Detail == "" {
				t.Errorf("%q is refused without a word: %s", bad[i], u.Refused)
			}
		case u.Path == path.Clean(u.Path) && !strings.HasPrefix(u.Path, "/") && !strings.Contains(u.Path, "..") && len(path.Base(u.Path)) <= 255 && !strings.ContainsFunc(u.Path, func(r rune) bool { return r < 0x20 }):
			t.Logf("%.40q is taken as %q", bad[i], u.Path)
		default:
			t.Errorf("%q is taken as %q", bad[i], u.Path)
		}
	}
	// Two names that only differ in case cannot lie in one folder on most computers: the second is refused, the first stays.
	twins, err := p.Upload(ctx, bench.Pack.ID, api.UploadRequest{Files: []api.UploadFile{
		{Fingerprint: sum([]byte("A")), Path: "Twin.wav", SizeBytes: 1000}, {Fingerprint: sum([]byte("B")), Path: "TWIN.WAV", SizeBytes: 1000},
	}})
	if err != nil || twins.Uploads[0].ID == "" || twins.Uploads[0].Refused != "" || twins.Uploads[1].Refused == "" || twins.Uploads[1].Detail == "" {
		t.Errorf("twins are taken as %+v (%v)", twins.Uploads, err)
	} else if _, err := p.Sign(ctx, twins.Uploads[0].ID, api.SignRequest{Parts: []api.SignPart{{Number: 1}}}); err != nil {
		t.Errorf("the first twin cannot be sent: %v", err)
	}
	if last := got.Uploads[len(bad)]; last.Refused != "" || last.ID == "" {
		t.Errorf("the good name is refused: %+v", last)
	}
	// Too many at once, and none.
	_, err = p.Upload(ctx, bench.Pack.ID, api.UploadRequest{})
	refused(t, "announcing nothing", err, errs.CodeInvalid)
	many := api.UploadRequest{}
	for i := range 1001 {
		many.Files = append(many.Files, api.UploadFile{Fingerprint: sum([]byte(fmt.Sprint("many", i))), Path: fmt.Sprintf("%d.wav", i), SizeBytes: 1000})
	}
	_, err = p.Upload(ctx, bench.Pack.ID, many)
	refused(t, "announcing 1,001 files", err, errs.CodeInvalid, errs.CodeTooLarge)
}

// Texts that are too long, empty or hold what is no text are refused at their field.
func TestTextsThatCannotBe(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, time.Minute)
	p := s.newPerson(t, "Bad Texts")
	for _, title := range []string{strings.Repeat("x", 10_000), strings.Repeat("ש", 10_000), "", "   ", "bell\x07", "nul\x00", "\u202e\u202d"} {
		_, err := p.CreatePack(ctx, api.NewPack{Title: title})
		if err == nil {
			t.Errorf("a title %.20q of %d characters is taken", title, utf8.RuneCountInString(title))
			continue
		}
		e, ok := errs.As(err)
		if !ok || e.Code != errs.CodeInvalid || len(e.Fields) != 1 || e.Fields[0].Name != "title" || e.Fields[0].Detail == "" {
			t.Errorf("a title %.20q: %v %+v", title, err, e)
		}
	}
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "مرحبا بالعالم"})
	if err != nil {
		t.Fatalf("a right-to-left title: %v", explain(err))
	}
	id, etag := bench.Pack.ID, bench.Pack.ETag
	long, tags, manyTags := strings.Repeat("y", 100_000), []string{strings.Repeat("t", 500)}, make([]string, 200)
	for i := range manyTags {
		manyTags[i] = fmt.Sprint("tag", i)
	}
	unknown, version := "no-such-genre", "no-such-wording"
	for name, change := range map[string]api.PackChange{
		"description": {Description: &long}, "tags": {Tags: &tags}, "many tags": {Tags: &manyTags}, "genre": {Genre: &unknown}, "licence": {Licence: &unknown},
		"rights": {Rights: &version}, "demo": {DemoSoundID: &unknown},
	} {
		_, err := p.ChangePack(ctx, id, etag, change)
		refused(t, "an impossible "+name, err, errs.CodeInvalid, errs.CodeNotFound)
	}
	_, err = p.ChangePack(ctx, id, `"stale"`, api.PackChange{Genre: &unknown})
	refused(t, "a change of what was changed meanwhile", err, errs.CodePreconditionFailed, errs.CodeInvalid)
	// Nothing to sell: the checklist says what is missing.
	_, err = p.Publish(ctx, id, etag)
	e, ok := errs.As(err)
	if !ok || e.Code != errs.CodeInvalid && e.Code != errs.CodeConflict || len(e.Fields) == 0 {
		t.Errorf("publishing nothing: %v", explain(err))
	} else {
		missing := map[string]bool{}
		for _, f := range e.Fields {
			missing[f.Name] = true
			if f.Detail == "" {
				t.Errorf("%s is missing without a word", f.Name)
			}
		}
		if !missing["files"] {
			t.Errorf("publishing nothing lacks %v, not files", e.Fields)
		}
	}
	// Programs that send nonsense are told so, in problem+json.
	for body, codes := range map[string][]int{
		`{`: {400, 422}, ``: {400, 422}, `[]`: {400, 422}, `{"title":1}`: {400, 422}, `{"title":"a","title2":"b"}`: {400, 422}, `{"title":"a"} {"title":"b"}`: {400, 422},
		`{"title":"` + strings.Repeat("x", 3<<20) + `"}`: {413}, strings.Repeat("[", 100_000): {400, 422},
	} {
		got := s.api(t, p, http.MethodPost, "/packs", body)
		okay := false
		for _, c := range codes {
			okay = okay || got.Status == c
		}
		if !okay || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/problem+json") || got.problem().Code == "" {
			t.Errorf("%.40q was answered %d %s %.200s", body, got.Status, got.Header.Get("Content-Type"), got.Body)
		}
	}
	studio, err := p.Studio(ctx, "")
	if err != nil || len(studio.Packs) != 1 {
		t.Errorf("%d packs came of it (%v)", len(studio.Packs), err)
	}
	// Searches and addresses that nobody would type.
	for _, path := range []string{
		"/search?q=" + strings.Repeat("x", 5000), "/search?q=%00%ff%fe", "/search?q=%22%29+OR+1%3D1&tempo_min=-1&tempo_max=1e999", "/search?sort=nothing&cursor=garbage", "/search?type=x&key=H%23",
		"/packs/" + strings.Repeat("y", 3000), "/packs/%2e%2e%2f%2e%2e", "/sounds/not-an-id", "/orders/..", "/@" + strings.Repeat("z", 500), "/crates/shared/none", "/covers/none/320.webp",
		"/previews/not-an-id", "/genres/none", "/tags/%00", "/checkout/return?order=none", "/library?kind=none", "/studio/sales?days=-5", "/studio/sales?days=999999999999999999999",
	} {
		got := raw(t, request{URL: s.URL + path, Header: map[string]string{"Cookie": "crateful_session=" + p.Token}})
		if got.Status >= 500 {
			t.Errorf("%.80s was answered %d", path, got.Status)
		}
	}
	// Control characters of users must not reach the log as they are: the check at the end of the run looks.
	for _, path := range []string{"/search?q=%1b%5b31mred%0d%0aforged", "/%1b%5d0;title%07", "/@%0d%0aX"} {
		raw(t, request{URL: s.URL + path, Header: map[string]string{"User-Agent": "agent\tx", "X-Request-Id": "id\tx"}})
	}
}
