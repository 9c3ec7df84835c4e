package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

// cratePages are crates, one's own and shared ones.
func (p *Pages) cratePages() {
	p.page("crates", (*view.Crates)(nil))
	p.page("crate", (*view.Crate)(nil))
	p.page("crate_add", (*view.CrateAdd)(nil))
	p.get("/crates", func(c *gin.Context) error { return p.showCrates(c, http.StatusOK, view.Form{}, "") })
	p.post("/crates", p.createCrate)
	p.get("/crates/add", func(c *gin.Context) error { return p.showCrateAdd(c, http.StatusOK, view.Form{}, "") })
	p.post("/crates/add", p.addToCrate)
	p.get("/crates/:id", func(c *gin.Context) error { return p.showCrate(c, http.StatusOK, view.Form{}, nil) })
	p.post("/crates/:id", p.changeCrate)
	p.post("/crates/:id/share", p.shareCrate)
	p.post("/crates/:id/order", p.orderCrate)
	p.post("/crates/:id/remove", p.removeFromCrate)
	p.post("/crates/:id/note", p.noteItem)
	p.post("/crates/:id/delete", p.deleteCrate)
	p.get("/crates/shared/:token", p.sharedCrate)
}

func crateCard(l *messages.Locale, c api.CrateCard) view.CrateCard {
	name := c.Name
	if c.Liked {
		name = l.T("crates.liked")
	}
	return view.CrateCard{
		ID: c.ID, Name: name, URL: "/crates/" + c.ID, Count: l.N("things", int64(c.Count)), Covers: c.Covers, Shared: c.Shared,
		Updated: l.Date(c.UpdatedAt),
	}
}

func nameInput(l *messages.Locale, form view.Form, value string) view.Input {
	return view.Input{Name: "name", Label: l.T("crates.name"), Value: value, Required: true, MaxLength: 80, Autocomplete: "off", Error: form.Of("name")}
}

func (p *Pages) showCrates(c *gin.Context, status int, form view.Form, typed string) error {
	found, err := p.ask(c).Crates(p.context(c))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Crates{Layout: p.layout(c, l.T("layout.crates"), "crates", found.Frame), Form: form, Name: nameInput(l, form, typed), Once: p.once()}
	v.NoIndex = true
	for _, crate := range found.Crates {
		v.Crates = append(v.Crates, crateCard(l, crate))
	}
	return p.show(c, status, "crates", v)
}

func (p *Pages) createCrate(c *gin.Context) error {
	name := c.PostForm("name")
	made, err := p.ask(c).Once(onceFor(c, name)).CreateCrate(p.context(c), api.CrateChange{Name: &name})
	if err != nil {
		if form, ok := p.crateForm(c, err); ok {
			return p.showCrates(c, http.StatusUnprocessableEntity, form, name)
		}
		return err
	}
	return p.redirect(c, "/crates/"+made.ID)
}

func (p *Pages) crateForm(c *gin.Context, err error) (view.Form, bool) {
	if errs.CodeOf(err) == errs.CodeUnauthenticated {
		return view.Form{}, false
	}
	return p.formError(c, err)
}

// showCrateAdd is a page of its own, and the content of the dialog that scripts open.
func (p *Pages) showCrateAdd(c *gin.Context, status int, form view.Form, typed string) error {
	found, err := p.ask(c).Crates(p.context(c))
	if err != nil {
		return err
	}
	if found.Viewer == nil {
		return errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
	}
	l := p.locale(c)
	v := &view.CrateAdd{Layout: p.layout(c, l.T("crates.add"), "crates", found.Frame), Form: form, Name: nameInput(l, form, typed), Once: p.once()}
	v.NoIndex = true
	count := 0
	for _, name := range []string{"sound", "pack"} {
		values := append(c.QueryArray(name), c.PostFormArray(name)...)
		for _, id := range values[:min(len(values), maxThings)] {
			v.Hidden = append(v.Hidden, view.Field{Name: name, Value: id})
			count++
		}
	}
	if back, err := url.Parse(c.Request.Referer()); err == nil && back.Host == c.Request.Host && session.Local(back.RequestURI()) {
		v.Hidden = append(v.Hidden, view.Field{Name: "next", Value: back.RequestURI()})
	}
	v.What = l.N("things", int64(count))
	for _, crate := range found.Crates {
		v.Crates = append(v.Crates, crateCard(l, crate))
	}
	return p.show(c, status, "crate_add", v)
}

func (p *Pages) addToCrate(c *gin.Context) error {
	t, err := things(c)
	if err != nil {
		return err
	}
	ask, id := p.ask(c), c.PostForm("crate")
	if id == "" {
		name := c.PostForm("name")
		made, err := ask.Once(onceFor(c, name)).CreateCrate(p.context(c), api.CrateChange{Name: &name})
		if err != nil {
			if form, ok := p.crateForm(c, err); ok && !wantsJSON(c) {
				return p.showCrateAdd(c, http.StatusUnprocessableEntity, form, name)
			}
			return err
		}
		id = made.ID
	}
	crate, err := ask.AddToCrate(p.context(c), id, t)
	if err != nil {
		return err
	}
	l := p.locale(c)
	return p.finish(c, done{Text: l.T("crates.added", "Name", crateCard(l, crate).Name)}, nil)
}

func (p *Pages) showCrate(c *gin.Context, status int, form view.Form, typed map[string]string) error {
	found, err := p.ask(c).Crate(p.context(c), c.Param("id"), c.Query("cursor"))
	if err != nil {
		return err
	}
	return p.crate(c, status, found, form, typed)
}

func (p *Pages) sharedCrate(c *gin.Context) error {
	found, err := p.ask(c).SharedCrate(p.context(c), c.Param("token"), c.Query("cursor"))
	if err != nil {
		return err
	}
	return p.crate(c, http.StatusOK, found, view.Form{}, nil)
}

func (p *Pages) crate(c *gin.Context, status int, found api.Crate, form view.Form, typed map[string]string) error {
	l := p.locale(c)
	card := crateCard(l, found.Card)
	v := &view.Crate{
		Layout: p.layout(c, card.Name, "crates", found.Frame), Form: form, ID: found.Card.ID, Name: card.Name, Note: found.Note, Liked: found.Card.Liked,
		Yours: found.Yours, Owner: view.Link{Text: found.Owner.Name, URL: "/@" + found.Owner.Handle}, Count: card.Count, ETag: found.Card.ETag,
		Self: c.Request.URL.Path,
	}
	v.NoIndex = true
	if found.ShareToken != "" {
		v.ShareURL = p.PublicURL + "/crates/shared/" + found.ShareToken
	}
	name, note := found.Card.Name, found.Note
	if typed != nil {
		name, note = typed["name"], typed["note"]
	}
	v.NameInput = nameInput(l, form, name)
	v.NoteInput = view.Input{Name: "note", Label: l.T("crates.note"), Value: note, Rows: 2, MaxLength: 500, Error: form.Of("note")}
	ids := make([]string, len(found.Items))
	for i, item := range found.Items {
		ids[i] = item.ID
	}
	for i, item := range found.Items {
		line := view.CrateItem{ID: item.ID, Note: item.Note}
		if item.Sound != nil {
			row := view.NewSoundRow(l, *item.Sound)
			line.Sound = &row
			switch {
			case item.Sound.Marks.Owned:
				v.OwnedIDs = append(v.OwnedIDs, item.Sound.ID)
			case item.Sound.Gone == "" && item.Sound.Price != nil:
				v.SoundIDs = append(v.SoundIDs, item.Sound.ID)
			case item.Sound.Gone == "" && !slices.Contains(v.PackIDs, item.Sound.Pack.ID):
				v.PackIDs = append(v.PackIDs, item.Sound.Pack.ID)
			}
		}
		if item.Pack != nil {
			pack := view.NewPackCard(l, *item.Pack)
			line.Pack = &pack
			if item.Pack.Gone == "" && !item.Pack.Marks.Owned && !slices.Contains(v.PackIDs, item.Pack.ID) {
				v.PackIDs = append(v.PackIDs, item.Pack.ID)
			}
		}
		if found.Yours && found.Page.Next == "" && c.Query("cursor") == "" {
			line.Up, line.Down = moved(ids, i, i-1), moved(ids, i, i+1)
		}
		v.Items = append(v.Items, line)
	}
	if found.Page.Next != "" {
		v.More = c.Request.URL.Path + "?cursor=" + url.QueryEscape(found.Page.Next)
	}
	if len(v.Items) == 0 {
		home, err := p.ask(c).Home(p.context(c))
		if err != nil {
			return err
		}
		v.Shelf = view.Shelf{Title: l.T("home.popular"), Cards: wholeRows(l, home.Popular, shelfCards), Wide: true}
	}
	return p.show(c, status, "crate", v)
}

// moved is the order of all items with two neighbours swapped, as the form sends it.
func moved(ids []string, from, to int) string {
	if to < 0 || to >= len(ids) {
		return ""
	}
	order := slices.Clone(ids)
	order[from], order[to] = order[to], order[from]
	return strings.Join(order, ",")
}

func (p *Pages) changeCrate(c *gin.Context) error {
	name, note := c.PostForm("name"), c.PostForm("note")
	change := api.CrateChange{Note: &note}
	if c.PostForm("liked") == "" {
		change.Name = &name
	}
	if _, err := p.ask(c).ChangeCrate(p.context(c), c.Param("id"), c.PostForm("etag"), change); err != nil {
		if form, ok := p.crateForm(c, err); ok {
			return p.showCrate(c, http.StatusUnprocessableEntity, form, map[string]string{"name": name, "note": note})
		}
		return err
	}
	p.say(c, "ok", p.locale(c).T("settings.saved"), nil)
	return p.redirect(c, "/crates/"+c.Param("id"))
}

func (p *Pages) shareCrate(c *gin.Context) error {
	on := c.PostForm("on") == "1"
	if _, err := p.ask(c).ChangeCrate(p.context(c), c.Param("id"), c.PostForm("etag"), api.CrateChange{Shared: &on}); err != nil {
		return err
	}
	text := "crates.share_off"
	if on {
		text = "crates.share_on"
	}
	p.say(c, "ok", p.locale(c).T(text), nil)
	return p.redirect(c, "/crates/"+c.Param("id"))
}

func (p *Pages) orderCrate(c *gin.Context) error {
	order := strings.Split(c.PostForm("order"), ",")
	_, err := p.ask(c).ChangeCrate(p.context(c), c.Param("id"), c.PostForm("etag"), api.CrateChange{Order: &order})
	if errs.CodeOf(err) == errs.CodePreconditionFailed {
		p.say(c, "warn", p.locale(c).T("crates.changed_meanwhile"), nil)
		return p.redirect(c, "/crates/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	return p.redirect(c, "/crates/"+c.Param("id"))
}

func (p *Pages) removeFromCrate(c *gin.Context) error {
	t, err := things(c)
	if err != nil {
		return err
	}
	if _, err := p.ask(c).RemoveFromCrate(p.context(c), c.Param("id"), t); err != nil {
		return err
	}
	l := p.locale(c)
	undo := &session.Undo{Action: "/crates/add", Label: l.T("undo"), Fields: []session.Field{
		{Name: "crate", Value: c.Param("id")}, {Name: "next", Value: "/crates/" + c.Param("id")},
	}}
	for _, id := range t.SoundIDs {
		undo.Fields = append(undo.Fields, session.Field{Name: "sound", Value: id})
	}
	for _, id := range t.PackIDs {
		undo.Fields = append(undo.Fields, session.Field{Name: "pack", Value: id})
	}
	p.say(c, "ok", l.T("crates.removed"), undo)
	return p.redirect(c, "/crates/"+c.Param("id"))
}

func (p *Pages) noteItem(c *gin.Context) error {
	if err := p.ask(c).NoteItem(p.context(c), c.Param("id"), c.PostForm("item"), c.PostForm("note")); err != nil {
		if form, ok := p.crateForm(c, err); ok {
			return p.showCrate(c, http.StatusUnprocessableEntity, form, nil)
		}
		return err
	}
	return p.redirect(c, "/crates/"+c.Param("id"))
}

func (p *Pages) deleteCrate(c *gin.Context) error {
	if err := p.ask(c).DeleteCrate(p.context(c), c.Param("id")); err != nil {
		return err
	}
	p.say(c, "ok", p.locale(c).T("crates.deleted"), nil)
	return p.redirect(c, "/crates")
}
