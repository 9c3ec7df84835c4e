package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

const tries = 3 // of a change that lost a race with the analyzer or another tab

// benched answers a form of the workbench: back to it, or shown again with what is wrong.
func (p *Pages) benched(c *gin.Context, part string, err error, typed map[string]string) error {
	if err != nil {
		if form, ok := p.formError(c, err); ok && errs.CodeOf(err) != errs.CodeUnauthenticated {
			if wantsJSON(c) {
				return err
			}
			return p.showBench(c, http.StatusUnprocessableEntity, form, typed)
		}
		return err
	}
	if wantsJSON(c) {
		return p.finish(c, done{}, nil)
	}
	return p.redirect(c, "/studio/packs/"+c.Param("id")+"#"+part)
}

// withETag makes a change to the newest version of the pack; when somebody is quicker it is made again.
func (p *Pages) withETag(c *gin.Context, change func(etag string) error) error {
	var err error
	for range tries {
		var bench api.Workbench
		if bench, err = p.ask(c).Workbench(p.context(c), c.Param("id")); err != nil {
			return err
		}
		if err = change(bench.Pack.ETag); errs.CodeOf(err) != errs.CodePreconditionFailed {
			return err
		}
	}
	return err
}

// saved is the answer to the script that saves while a person types.
type saved struct {
	Title   string `json:"title"`
	Receive string `json:"receive,omitempty"`
}

// changeListing takes the fields that were sent and leaves the others alone, so that a form can be saved field by field.
func (p *Pages) changeListing(c *gin.Context) error {
	in, typed, err := p.listingChange(c)
	var bench api.Workbench
	if err == nil {
		err = p.withETag(c, func(etag string) (err error) {
			bench, err = p.ask(c).ChangePack(p.context(c), c.Param("id"), etag, in)
			return err
		})
	}
	if err != nil || !wantsJSON(c) {
		return p.benched(c, "listing", err, typed)
	}
	l := p.locale(c)
	out := saved{Title: bench.Pack.Title}
	if r := bench.Pack.YouReceive; r != nil {
		out.Receive = l.T("bench.receive", "Amount", l.Amount(r.Amount, r.Currency))
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (p *Pages) listingChange(c *gin.Context) (api.PackChange, map[string]string, error) {
	var in api.PackChange
	typed := map[string]string{}
	text := func(name string) *string {
		value, ok := c.GetPostForm(name)
		if !ok {
			return nil
		}
		typed[name] = value
		return &value
	}
	in.Title, in.Description, in.Genre = text("title"), text("description"), text("genre")
	if demo := text("demo"); demo != nil {
		in.DemoSoundID = demo
	}
	if tags := text("tags"); tags != nil {
		list := tagList(*tags)
		in.Tags = &list
	}
	var wrong []errs.Field
	for _, field := range []struct {
		name   string
		price  **api.Money
		needed bool
	}{
		{"price", &in.Price, true},
		{"sound_price", &in.SoundPrice, false},
		{"extended_price", &in.ExtendedPrice, false},
		{"exclusive_price", &in.ExclusivePrice, false},
		{"sound_extended_price", &in.SoundExtendedPrice, false},
		{"sound_exclusive_price", &in.SoundExclusivePrice, false},
		{"suggested_price", &in.SuggestedPrice, false},
	} {
		asked := text(field.name)
		empty := asked == nil || strings.TrimSpace(*asked) == ""
		if asked == nil || empty && field.needed {
			continue
		}
		amount := api.Money{Amount: -1, Currency: "EUR"} // not offered
		if !empty {
			var err error
			if amount, err = view.ParseMoney(*asked, "EUR"); err != nil {
				wrong = append(wrong, errs.Field{Name: field.name, Reason: "not_an_amount"})
			}
		}
		*field.price = &amount
	}
	if ai := text("ai"); ai != nil && *ai != "" {
		yes := *ai == "yes"
		in.MadeWithAI = &yes
	}
	if c.PostForm("rights_shown") != "" {
		version := c.PostForm("rights")
		in.Rights = &version
	}
	if len(wrong) > 0 {
		return in, typed, errs.Invalid(wrong...)
	}
	return in, typed, nil
}

func tagList(text string) []string {
	list := []string{}
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			list = append(list, tag)
		}
	}
	return list
}

// setSounds sets what was filled in for all ticked sounds, or finds and replaces in their names.
func (p *Pages) setSounds(c *gin.Context) error {
	in := api.SoundsChange{SoundIDs: c.PostFormArray("sound")}
	filled := func(name string) *string {
		value := strings.TrimSpace(c.PostForm(name))
		if value == "" {
			return nil
		}
		if value == "-" { // the list's line for "unknown"
			value = ""
		}
		return &value
	}
	in.Type, in.Instrument, in.Key = filled("type"), filled("instrument"), filled("key")
	var wrong []errs.Field
	if tempo := filled("tempo"); tempo != nil {
		bpm, err := strconv.ParseFloat(strings.ReplaceAll(orDefault(*tempo, "0"), ",", "."), 64)
		if err != nil {
			wrong = append(wrong, errs.Field{Name: "tempo", Reason: "not_a_number"})
		}
		in.TempoBPM = &bpm
	}
	if tags := filled("tags"); tags != nil {
		list := tagList(*tags)
		in.Tags = &list
	}
	if price := filled("price"); price != nil {
		amount, err := view.ParseMoney(*price, "EUR")
		if err != nil {
			wrong = append(wrong, errs.Field{Name: "price", Reason: "not_an_amount"})
		}
		in.Price = &amount
	}
	if find := c.PostForm("find"); find != "" {
		replace := c.PostForm("replace")
		in.Find, in.Replace, in.MatchCase = &find, &replace, c.PostForm("match_case") != ""
	}
	if len(in.SoundIDs) == 0 {
		wrong = append(wrong, errs.Field{Name: "sound", Reason: "nothing_ticked"})
	}
	if len(wrong) > 0 {
		return p.benched(c, "files", errs.Invalid(wrong...), nil)
	}
	err := p.withETag(c, func(etag string) error {
		_, err := p.ask(c).ChangeSounds(p.context(c), c.Param("id"), etag, in)
		return err
	})
	return p.benched(c, "files", err, nil)
}

func (p *Pages) answerQuestion(c *gin.Context) error {
	value := c.PostForm("value")
	if other := strings.TrimSpace(c.PostForm("other")); other != "" && value == "" {
		value = other
	}
	_, err := p.ask(c).AnswerQuestion(p.context(c), c.Param("id"), api.Answer{QuestionID: c.PostForm("question"), Value: value})
	return p.benched(c, "files", err, nil)
}

func (p *Pages) publishPack(c *gin.Context) error {
	err := p.withETag(c, func(etag string) error {
		_, err := p.ask(c).Publish(p.context(c), c.Param("id"), etag)
		return err
	})
	return p.benched(c, "publish", err, nil)
}

func (p *Pages) withdrawPack(c *gin.Context) error {
	err := p.withETag(c, func(etag string) error {
		_, err := p.ask(c).Withdraw(p.context(c), c.Param("id"), etag)
		return err
	})
	if err != nil {
		return p.benched(c, "publish", err, nil)
	}
	return p.told(c, "publish", p.locale(c).T("bench.withdrawn"), nil)
}

func (p *Pages) deletePack(c *gin.Context) error {
	err := p.withETag(c, func(etag string) error { return p.ask(c).DeletePack(p.context(c), c.Param("id"), etag) })
	if err != nil {
		return p.benched(c, "publish", err, nil)
	}
	p.say(c, "ok", p.locale(c).T("bench.deleted"), nil)
	return p.redirect(c, "/studio")
}

func (p *Pages) removeFile(c *gin.Context) error {
	if err := p.ask(c).RemoveUpload(p.context(c), c.Param("file")); err != nil {
		return p.benched(c, "files", err, nil)
	}
	l := p.locale(c)
	return p.told(c, "files", l.T("bench.file_removed"), &session.Undo{
		Action: "/studio/packs/" + c.Param("id") + "/files/" + c.Param("file") + "/restore", Label: l.T("undo"),
	})
}

// told is benched with a message.
func (p *Pages) told(c *gin.Context, part, text string, undo *session.Undo) error {
	if wantsJSON(c) {
		return p.finish(c, done{Text: text}, undo)
	}
	p.say(c, "ok", text, undo)
	return p.redirect(c, "/studio/packs/"+c.Param("id")+"#"+part)
}

func (p *Pages) restoreFile(c *gin.Context) error {
	_, err := p.ask(c).RestoreUpload(p.context(c), c.Param("file"))
	return p.benched(c, "files", err, nil)
}

func (p *Pages) retryFile(c *gin.Context) error {
	_, err := p.ask(c).RetryUpload(p.context(c), c.Param("file"))
	return p.benched(c, "files", err, nil)
}
