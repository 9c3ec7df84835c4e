package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
)

func (p *Pages) preferences() {
	p.post("/preferences", p.setPreferences)
}

// setPreferences keeps theme and density in cookies, so that the first paint is right, and with the account of a
// signed-in person, so that their other devices follow.
func (p *Pages) setPreferences(c *gin.Context) error {
	prefs := p.Cookies.Preferences(c.Request)
	var change api.SettingsChange
	if theme, ok := c.GetPostForm("theme"); ok {
		switch theme {
		case "light", "dark":
			prefs.Theme = theme
		case "system":
			prefs.Theme = ""
		default:
			return errs.Invalid(errs.Field{Name: "theme", Reason: "unknown"})
		}
		change.Theme = &theme
	}
	if density, ok := c.GetPostForm("density"); ok {
		switch density {
		case "compact":
			prefs.Density = density
		case "comfortable":
			prefs.Density = ""
		default:
			return errs.Invalid(errs.Field{Name: "density", Reason: "unknown"})
		}
		change.Density = &density
	}
	if keys, ok := c.GetPostForm("single_keys"); ok {
		on := keys == "on"
		change.SingleKeys = &on
	}
	if level, ok := c.GetPostForm("level_matching"); ok {
		on := level == "on"
		change.LevelMatching = &on
	}
	p.Cookies.SetPreferences(c.Writer, prefs)
	if p.Cookies.Session(c.Request) != "" {
		if _, err := p.ask(c).ChangeSettings(p.context(c), change); err != nil {
			p.Log.WarnContext(c, "settings not kept with the account", "error", err) // the cookie holds on this device
		}
	}
	if wantsJSON(c) {
		c.Status(http.StatusNoContent)
		return nil
	}
	return p.back(c, "/")
}
