package e2e

import (
	"testing"
	"time"

	"crateful.dev/experience/client"
)

// An admin takes a pack down, its producer answers, the admin grants it, and it is on sale again. Then the search index is
// rebuilt from the page.
func TestTheOperatorsSide(t *testing.T) {
	s, data := desk(t)
	ctx := deadline(t, 6*time.Minute)
	producer, admin := s.newPerson(t, "Appealing Producer"), s.newPerson(t, "Admin By Hand")
	mustCtl(t, data, "admin", "grant", admin.Email)
	admin = s.signedIn(t, admin) // with the role
	made, word := samplePack(t, "street", 77)
	pack := producer.newPack(t, made, listing{Title: "Operated " + word, Price: 500, SoundPrice: -1})
	id, title := pack.Pack.ID, pack.Pack.Title

	desk, studio := newTab(t, s), newTab(t, s)
	desk.do("sign in", s.as(admin))
	studio.do("sign in", s.as(producer))
	desk.open("/settings")
	desk.press("details.menu > summary")
	desk.press(`.menu-list a[href="/admin"]`)
	desk.heading("Needs you")
	desk.open("/admin/packs?q=" + word)
	desk.press(`.admin-table a[href="/admin/packs/` + id + `"]`)
	desk.heading(title)
	desk.until("the trace says that search shows it", `document.querySelectorAll("#trace .state-ok").length === 3`)
	down := `form[action="/admin/packs/` + id + `/take-down"]`
	desk.press("details:has(" + down + ") > summary")
	desk.fill(down+" textarea", "Bar four is a record.")
	desk.fill(down+" input[name=name]", title)
	desk.press(down + " button")
	desk.until("it is taken down", `document.querySelector(".note-danger")?.textContent.includes("Bar four is a record.")`)

	studio.open("/studio/packs/" + id)
	studio.until("the producer reads why", `document.querySelector("#bench-notice")?.textContent.includes("Bar four is a record.")`)
	studio.fill("#f-appeal", "I played bar four myself, in March.")
	studio.press("#appeal form button")
	studio.until("the answer is with us", `document.querySelector("#appeal")?.textContent.includes("Being looked at")`)
	s.mailFor(t, producer.Email, "Bar four is a record.")

	desk.open("/admin/appeals")
	row, grant := `tr:has(a[href="/admin/packs/`+id+`"]) + tr `, `form[action$="/grant"]`
	desk.press(row + "details:has(" + grant + ") > summary")
	grant = row + grant
	desk.fill(grant+" textarea", "We heard the session.")
	desk.press(grant + " button")
	desk.until("it is granted", `document.querySelector(".toast")?.textContent.includes("Granted")`)

	studio.open("/studio/packs/" + id)
	studio.until("it may be published", `document.querySelector("#bench-publish form[action$='/publish'] button:not([disabled])")`)
	studio.press("#bench-publish form[action$='/publish'] button")
	eventually(t, 60*time.Second, "the pack to be on sale again", func() (bool, error) {
		now, err := producer.Workbench(ctx, id)
		return err == nil && now.Pack.State == "live", err
	})

	desk.open("/admin/index")
	rebuild := `form[action="/admin/index/rebuild"]`
	desk.press("details:has(" + rebuild + ") > summary")
	desk.fill(rebuild+" textarea", "A journey asks for it.")
	desk.press(rebuild + " button")
	desk.untilWithin(3*time.Minute, "the page says by itself that the rebuild is done", `document.querySelector("#admin-replay [data-live-state]")?.textContent === "Done"`)
	found, err := admin.Reindex(ctx)
	if err != nil || found.Rebuild == nil || found.Rebuild.State != "done" || found.Rebuild.By != admin.Handle {
		t.Errorf("the index is %+v (%v)", found, err)
	}
	log, err := admin.AdminPacks(ctx, client.AdminPackQuery{Words: id})
	if err != nil || len(log.Packs) != 1 || log.Packs[0].State != "live" {
		t.Errorf("the pack is %+v (%v)", log, err)
	}
	if _, err := producer.AdminNeeds(ctx); err == nil {
		t.Error("a producer reads the operator's side")
	}
	desk.quiet()
	studio.quiet()
}
