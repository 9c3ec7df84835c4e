package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/web/internal/view"
)

func (p *Pages) developerPages() {
	p.page("developers", (*view.Developers)(nil))
	p.get("/developers", p.developers)
}

// developers shows the API's own description, as experience answers it.
func (p *Pages) developers(c *gin.Context) error {
	ask := p.ask(c)
	frame, err := ask.Frame(p.context(c))
	if err != nil {
		return err
	}
	doc, err := ask.OpenAPI(p.context(c))
	if err != nil {
		return err
	}
	v := &view.Developers{Layout: p.layout(c, p.locale(c).T("developers.title"), "", frame), Curl: p.PublicURL}
	for _, tag := range doc.Tags {
		group := view.APIGroup{Name: tag.Description, ID: "api-" + tag.Name}
		for path, methods := range doc.Paths {
			for method, op := range methods {
				if len(op.Tags) > 0 && op.Tags[0] == tag.Name {
					group.Ops = append(group.Ops, view.APIOperation{Method: strings.ToUpper(method), Path: path, Summary: op.Summary, Auth: op.Access})
				}
			}
		}
		slices.SortFunc(group.Ops, func(a, b view.APIOperation) int {
			return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
		})
		v.Groups = append(v.Groups, group)
	}
	return p.show(c, http.StatusOK, "developers", v)
}
