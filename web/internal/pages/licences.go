package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/view"
)

// licencePages are what was licensed, and where anybody checks it.
func (p *Pages) licencePages() {
	p.page("verify", (*view.Verify)(nil))
	p.page("verified", (*view.Verified)(nil))
	p.page("papers", (*view.Papers)(nil))
	p.get("/verify", p.verifyForm)
	p.post("/verify", p.verifyDocument)
	p.get("/verify/:id", p.verified)
	p.get("/.well-known/crateful-licence-keys.json", p.licenceKeys)
	p.get("/library/:id", p.papers)
	p.post("/library/:id/certificate/name", p.showCertificateName)
}

func (p *Pages) verifyForm(c *gin.Context) error {
	id := strings.TrimSpace(c.Query("id"))
	if at := strings.LastIndex(id, "/verify/"); at >= 0 { // its whole address
		id = id[at+len("/verify/"):]
	}
	if id == "" {
		return p.showVerifyForm(c, http.StatusOK, view.Verify{})
	}
	_, err := p.ask(c).CheckCertificate(p.context(c), id)
	if errs.CodeOf(err) == errs.CodeNotFound {
		form := view.Form{Summary: p.locale(c).T("verify.none")}
		return p.showVerifyForm(c, http.StatusNotFound, view.Verify{ID: id, Form: form})
	}
	if err != nil {
		return err
	}
	return p.redirect(c, "/verify/"+url.PathEscape(id))
}

func (p *Pages) showVerifyForm(c *gin.Context, status int, v view.Verify) error {
	frame, err := p.ask(c).Frame(p.context(c))
	if err != nil {
		return err
	}
	v.Layout = p.layout(c, p.locale(c).T("verify.title"), "", frame)
	return p.show(c, status, "verify", &v)
}

func (p *Pages) verifyDocument(c *gin.Context) error {
	document := c.PostForm("document")
	found, err := p.ask(c).CheckCertificateDocument(p.context(c), document)
	if form, ok := p.formError(c, err); ok {
		return p.showVerifyForm(c, http.StatusUnprocessableEntity, view.Verify{Document: document, Form: form})
	}
	if err != nil {
		return err
	}
	return p.showVerified(c, found)
}

func (p *Pages) verified(c *gin.Context) error {
	found, err := p.ask(c).CheckCertificate(p.context(c), c.Param("id"))
	if err != nil {
		return err
	}
	return p.showVerified(c, found)
}

func (p *Pages) showVerified(c *gin.Context, found api.CertificateCheck) error {
	l := p.locale(c)
	v := &view.Verified{
		Certificate: found, Good: found.State == "valid", Heading: l.T("verify.valid"), Lead: l.T("verify.valid_lead"),
		Maker: view.Link{Text: found.Producer, URL: "/@" + found.Handle},
	}
	if found.SoundID != "" {
		v.WorkURL = "/sounds/" + found.SoundID
	}
	if !v.Good {
		v.Heading, v.Lead = l.T("verify.revoked"), l.T("verify.revoked_lead", "Day", l.Date(*found.RevokedAt))
	}
	v.Layout = p.layout(c, v.Heading+": "+found.Title, "", found.Frame)
	v.NoIndex = true
	return p.show(c, http.StatusOK, "verified", v)
}

// licenceKeys stands at an address that does not change with the site.
func (p *Pages) licenceKeys(c *gin.Context) error {
	keys, err := p.ask(c).LicenceKeys(p.context(c))
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.Header("Access-Control-Allow-Origin", "*")
	c.IndentedJSON(http.StatusOK, keys)
	return nil
}

func (p *Pages) papers(c *gin.Context) error {
	certificate, err := p.ask(c).Certificate(p.context(c), c.Param("id"), c.Query("edition"))
	if err != nil {
		return err
	}
	check, err := p.ask(c).CheckCertificate(p.context(c), certificate.ID)
	if err != nil {
		return err
	}
	v := &view.Papers{
		Layout: p.layout(c, p.locale(c).T("papers.title"), "library", check.Frame), ID: c.Param("id"), Edition: c.Query("edition"), Certificate: certificate, Check: check,
		Public: "/verify/" + certificate.ID,
	}
	v.NoIndex = true
	return p.show(c, http.StatusOK, "papers", v)
}

func (p *Pages) showCertificateName(c *gin.Context) error {
	if err := p.ask(c).ShowCertificateName(p.context(c), c.Param("id"), c.PostForm("show") == "1"); err != nil {
		return err
	}
	back := "/library/" + url.PathEscape(c.Param("id"))
	if edition := c.PostForm("edition"); edition != "" {
		back += "?edition=" + url.QueryEscape(edition)
	}
	return p.redirect(c, back)
}
