package pages

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/session"
)

const maxThings = 500 // sounds and packs of one form

// actions are the small forms that every list has: cart, like, follow. A script sends them with
// Accept: application/json and gets done back; without a script they lead back to the page.
func (p *Pages) actions() {
	p.post("/cart/add", p.addToCart)
	p.post("/likes", func(c *gin.Context) error { return p.like(c, true) })
	p.post("/likes/remove", func(c *gin.Context) error { return p.like(c, false) })
	p.post("/mutes", func(c *gin.Context) error { return p.mute(c, true) })
	p.post("/mutes/remove", func(c *gin.Context) error { return p.mute(c, false) })
	p.post("/follows", func(c *gin.Context) error { return p.follow(c, true) })
	p.post("/follows/remove", func(c *gin.Context) error { return p.follow(c, false) })
}

// done is the answer to a script.
type done struct {
	Text      string `json:"text"`
	CartCount *int   `json:"cart_count,omitempty"`
	Undo      *undo  `json:"undo,omitempty"`
}

// undo is the form that takes something back, for a script.
type undo struct {
	Action string      `json:"action"`
	Fields [][2]string `json:"fields"`
}

func undoForm(u *session.Undo) *undo {
	if u == nil {
		return nil
	}
	out := &undo{Action: u.Action, Fields: make([][2]string, len(u.Fields))}
	for i, f := range u.Fields {
		out.Fields[i] = [2]string{f.Name, f.Value}
	}
	return out
}

func things(c *gin.Context) (api.Things, error) {
	t := api.Things{SoundIDs: c.PostFormArray("sound"), PackIDs: c.PostFormArray("pack")}
	switch n := len(t.SoundIDs) + len(t.PackIDs); {
	case n == 0:
		return t, errs.Invalid(errs.Field{Name: "sound", Reason: "required", Detail: "Say which sound or pack."})
	case n > maxThings:
		return t, errs.New(errs.CodeTooLarge, "too_many", "That is too many at once.")
	}
	return t, nil
}

func (p *Pages) addToCart(c *gin.Context) error {
	t, err := things(c)
	if err != nil {
		return err
	}
	in := api.AddToCart{Things: t, Tier: c.PostForm("tier")}
	if in.Offered, err = offeredPrice(c); err != nil {
		return err
	}
	cart, err := p.ask(c).AddLicence(p.context(c), in)
	if err != nil {
		return err
	}
	return p.finish(c, done{Text: p.locale(c).T("act.added_many"), CartCount: &cart.CartCount}, nil)
}

func (p *Pages) like(c *gin.Context, on bool) error {
	t, err := things(c)
	if err != nil {
		return err
	}
	l := p.locale(c)
	if on {
		if err := p.ask(c).Like(p.context(c), t); err != nil {
			return err
		}
		return p.finish(c, done{Text: l.T("act.liked")}, nil)
	}
	if err := p.ask(c).Unlike(p.context(c), t); err != nil {
		return err
	}
	undo := &session.Undo{Action: "/likes", Label: l.T("undo")}
	for _, id := range t.SoundIDs {
		undo.Fields = append(undo.Fields, session.Field{Name: "sound", Value: id})
	}
	for _, id := range t.PackIDs {
		undo.Fields = append(undo.Fields, session.Field{Name: "pack", Value: id})
	}
	return p.finish(c, done{Text: l.T("act.unliked")}, undo)
}

func (p *Pages) follow(c *gin.Context, on bool) error {
	handle := c.PostForm("producer")
	if handle == "" {
		return errs.Invalid(errs.Field{Name: "producer", Reason: "required", Detail: "Say which producer."})
	}
	l, call, text := p.locale(c), p.ask(c).Follow, "act.following"
	if !on {
		call, text = p.ask(c).Unfollow, "act.unfollowed"
	}
	if _, err := call(p.context(c), handle); err != nil {
		return err
	}
	return p.finish(c, done{Text: l.T(text, "Name", "@"+handle)}, nil)
}

func (p *Pages) mute(c *gin.Context, on bool) error {
	kind, thing, _ := strings.Cut(c.PostForm("mute"), ":")
	l, call, text, back := p.locale(c), p.ask(c).Mute, "mute."+kind+"_done", "/mutes/remove"
	if !on {
		call, text, back = p.ask(c).Unmute, "mute.lifted", "/mutes"
	}
	if err := call(p.context(c), kind, thing); err != nil {
		return err
	}
	undo := &session.Undo{Action: back, Label: l.T("undo"), Fields: []session.Field{{Name: "mute", Value: kind + ":" + thing}}}
	return p.finish(c, done{Text: l.T(text)}, undo)
}

func (p *Pages) finish(c *gin.Context, d done, undo *session.Undo) error {
	c.Header("Cache-Control", "no-store")
	if wantsJSON(c) {
		d.Undo = undoForm(undo)
		c.JSON(http.StatusOK, d)
		return nil
	}
	p.say(c, "ok", d.Text, undo)
	return p.back(c, "/")
}
