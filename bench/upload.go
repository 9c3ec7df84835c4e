package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
)

const (
	uploadBytes = 1 << 30
	uploadGoal  = 0.8
	uploadTime  = 6 * time.Minute
	// An instrument's samples travel as an extra: storage, hashes and limits are those of sounds, and nothing is decoded
	// while the clock runs.
	uploadName = "Instrument.sf2"
)

// plainFetch sends a file's parts with fetch to the same kind of addresses, which were signed before the clock starts, as
// many at once as a browser sends to one host, and gives the milliseconds.
const plainFetch = `async (upload, partBytes, atOnce) => {
	const file = document.querySelector("#bench-file").files[0], parts = [];
	for (let n = 1; (n - 1) * partBytes < file.size; n++) parts.push({ number: n });
	const signed = [];
	while (parts.length) {
		const res = await fetch("/api/v1/uploads/" + upload + "/sign", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ parts: parts.splice(0, 100) }) });
		if (!res.ok) throw new Error("sign: " + res.status + " " + (await res.text()));
		signed.push(...(await res.json()).parts);
	}
	const began = performance.now();
	await Promise.all(Array.from({ length: atOnce }, async () => {
		for (let part; (part = signed.shift()); ) {
			const from = (part.number - 1) * partBytes;
			const res = await fetch(part.url, { method: "PUT", headers: part.headers, body: file.slice(from, from + partBytes) });
			if (!res.ok) throw new Error("part " + part.number + ": " + res.status);
		}
	}));
	return performance.now() - began;
}`

const atOnce = 6 // parts, as many as a browser sends to one host

// upload compares the studio's uploader with plain fetch of the same parts in the same browser, and watches the memory
// of the site's processes meanwhile.
func upload(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	p, err := s.join(ctx, true)
	if err != nil {
		return err
	}
	path := filepath.Join(b.dir, uploadName)
	if err := fill(path, uploadBytes); err != nil {
		return err
	}
	defer os.Remove(path)
	tab, end, err := browser(ctx, 20*time.Minute)
	if err != nil {
		return err
	}
	defer end()
	rounds := min(b.rounds, 3)
	root := s.process.cmd.Process.Pid
	before := resident(family(root))
	var ratios, plain, ours, whole []float64
	stop := watchMemory(ctx, root)
	for round := range rounds {
		var raw float64
		var took studioTimes
		sides := []func() error{
			func() (err error) { raw, err = s.plainUpload(ctx, tab, p, path, round); return err },
			func() (err error) { took, err = s.studioUpload(ctx, tab, p, path, round); return err },
		}
		for i := range sides { // who comes second finds the disk busy with what the first left
			if err := sides[(i+round)%2](); err != nil {
				stop()
				return err
			}
		}
		ratios, plain = append(ratios, raw/took.stored), append(plain, raw)
		ours, whole = append(ours, took.stored), append(whole, (took.completed-took.stored)/1000)
	}
	peak := stop()
	after := resident(family(root))
	rate := func(v []float64) string {
		mibs := func(ms float64) float64 { return uploadBytes / (1 << 20) / ms * 1000 }
		return fmt.Sprintf("%.0f against %.0f MiB/s", mibs(median(v)), mibs(median(plain)))
	}
	grown := peak["services"] - before["services"]
	b.add(
		figure{name: "upload of 1 GiB in Chromium, studio : plain fetch of the same parts", goal: "≥ 0.8", digits: 2, values: ratios, ok: atLeast(uploadGoal)},
		figure{name: "– speed", goal: "", values: ours, shown: rate},
		figure{name: "– then one object of the parts, and its check asked for", unit: " s", digits: 1, values: whole},
		figure{
			name: "– memory of the six services before / at most / after", goal: "flat: at most 100 MiB more", values: []float64{before["services"], peak["services"], after["services"]},
			shown: func(v []float64) string { return fmt.Sprintf("%.0f / %.0f / %.0f MiB", v[0], v[1], v[2]) },
			ok:    func([]float64) bool { return grown <= 100 },
		},
		figure{
			name: "– memory of the embedded storage before / at most / after", goal: "", values: []float64{before["storage"], peak["storage"], after["storage"]},
			shown: func(v []float64) string { return fmt.Sprintf("%.0f / %.0f / %.0f MiB", v[0], v[1], v[2]) },
		},
	)
	return nil
}

// fill writes bytes that nothing can compress.
func fill(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	noise := rand.NewChaCha8([32]byte{7})
	block := make([]byte, 1<<20)
	copy(block, "RIFF----sfbkLIST")
	for at := 16; size > 0; size, at = size-int64(len(block)), 0 {
		if _, err := noise.Read(block[at:]); err != nil {
			return err
		}
		if _, err := f.Write(block); err != nil {
			return fmt.Errorf("write the file to upload: %w", err)
		}
	}
	return f.Close()
}

func (s *site) studio(ctx, tab context.Context, p person, round int) (api.Workbench, error) {
	bench, err := p.CreatePack(ctx, api.NewPack{Title: fmt.Sprintf("Upload %d", round)})
	if err != nil {
		return bench, err
	}
	return bench, chromedp.Run(tab, s.as(p), chromedp.Navigate(s.URL+"/studio/packs/"+bench.Pack.ID), chromedp.WaitReady("[data-pick-files]", chromedp.ByQuery))
}

func (s *site) plainUpload(ctx, tab context.Context, p person, path string, round int) (float64, error) {
	bench, err := s.studio(ctx, tab, p, round)
	if err != nil {
		return 0, err
	}
	offered, err := p.Upload(ctx, bench.Pack.ID, api.UploadRequest{Files: []api.UploadFile{{Fingerprint: "plain", Path: uploadName, SizeBytes: uploadBytes}}})
	if err != nil {
		return 0, explain(err)
	}
	u := offered.Uploads[0]
	if u.ID == "" || u.UploadID == "" {
		return 0, fmt.Errorf("the file is not taken in parts: %s %s", u.Refused, u.Detail)
	}
	var ms float64
	err = chromedp.Run(tab,
		chromedp.Evaluate(`{ const i = document.createElement("input"); i.type = "file"; i.id = "bench-file"; document.body.append(i); }`, nil),
		chromedp.SetUploadFiles("#bench-file", []string{path}, chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf("(%s)(%s, %d, %d)", plainFetch, quote(u.ID), u.PartBytes, atOnce), &ms,
			func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	if err != nil {
		return 0, fmt.Errorf("plain upload: %w", err)
	}
	return ms, p.away(ctx, bench, u.ID)
}

// studioTimes are in milliseconds.
type studioTimes struct{ stored, completed float64 }

// studioUpload picks the file in the studio and gives the times until storage had the last part, and until it had made
// one object of them.
func (s *site) studioUpload(ctx, tab context.Context, p person, path string, round int) (studioTimes, error) {
	bench, err := s.studio(ctx, tab, p, round)
	if err != nil {
		return studioTimes{}, err
	}
	const completed = `performance.getEntriesByType("resource").findLast((e) => e.name.endsWith("/complete") && e.responseEnd > 0)?.responseEnd`
	const stored = `Math.max(...performance.getEntriesByType("resource").filter((e) => e.name.includes("partNumber=")).map((e) => e.responseEnd))`
	var began, last, ended float64
	err = chromedp.Run(tab,
		chromedp.Evaluate(`performance.setResourceTimingBufferSize(10000); window.__began = 0;
			document.addEventListener("change", () => (window.__began ||= performance.now()), { capture: true })`, nil),
		poll("window.__crateful", 20*time.Second),
		chromedp.SetUploadFiles("[data-pick-files]", []string{path}, chromedp.ByQuery),
		chromedp.Poll(completed, nil, chromedp.WithPollingTimeout(uploadTime), chromedp.WithPollingInterval(500*time.Millisecond)), // each look costs the page time
		chromedp.Evaluate("window.__began", &began), chromedp.Evaluate(stored, &last), chromedp.Evaluate(completed, &ended))
	if err != nil {
		return studioTimes{}, fmt.Errorf("upload in the studio: %w", err)
	}
	if began == 0 || last <= began {
		return studioTimes{}, errors.New("the studio did not see the file")
	}
	var id string
	err = wait(ctx, 3*time.Minute, 200*time.Millisecond, "the check of what was uploaded", func() (bool, error) {
		now, err := p.Workbench(ctx, bench.Pack.ID)
		if err != nil || len(now.Files) != 1 {
			return false, err
		}
		f := now.Files[0]
		id = f.UploadID
		if f.State == "refused" {
			return true, fmt.Errorf("%s is refused: %s", f.Path, f.Reason)
		}
		return f.State == "ready" && f.SizeBytes == uploadBytes, nil
	})
	if err != nil {
		return studioTimes{}, err
	}
	return studioTimes{last - began, ended - began}, p.away(ctx, bench, id)
}

// away removes what was uploaded, and the pack.
func (p person) away(ctx context.Context, b api.Workbench, upload string) error {
	if err := p.RemoveUpload(ctx, upload); err != nil {
		return err
	}
	now, err := p.Workbench(ctx, b.Pack.ID)
	if err != nil {
		return err
	}
	return p.DeletePack(ctx, b.Pack.ID, now.Pack.ETag)
}
