package shop

import (
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/paper"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
	"crateful.dev/models/certificate"
)

func (s *Shop) licence(c *gin.Context) error {
	_, ctx := s.As(c)
	file, err := s.Models.LicenceFile(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return screen.JSON(c, api.LicenceFile{Filename: file.FileName + ".txt", Text: file.Text, SHA256: file.SHA256})
}

func (s *Shop) licencePDF(c *gin.Context) error {
	_, ctx := s.As(c)
	file, err := s.Models.LicenceFile(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	pdf, err := paper.Licence(file)
	return sendPDF(c, file.FileName, pdf, err)
}

func (s *Shop) certificate(c *gin.Context) error {
	_, ctx := s.As(c)
	file, err := s.Models.CertificateFile(ctx, c.Param("id"), c.Query("edition"))
	if err != nil {
		return err
	}
	return screen.JSON(c, api.Certificate{
		ID: file.ID, Filename: file.FileName + ".json", Document: file.Document, VerifyURL: file.VerifyURL, ShowsName: file.ShowsName,
	})
}

// certificateFile answers the document itself, byte for byte.
func (s *Shop) certificateFile(c *gin.Context) error {
	_, ctx := s.As(c)
	file, err := s.Models.CertificateFile(ctx, c.Param("id"), c.Query("edition"))
	if err != nil {
		return err
	}
	send(c, file.FileName+".json", "application/octet-stream", []byte(file.Document))
	return nil
}

func (s *Shop) certificatePDF(c *gin.Context) error {
	_, ctx := s.As(c)
	file, err := s.Models.CertificateFile(ctx, c.Param("id"), c.Query("edition"))
	if err != nil {
		return err
	}
	document, err := certificate.Parse([]byte(file.Document))
	if err != nil {
		return err
	}
	pdf, err := paper.Certificate(document)
	return sendPDF(c, file.FileName, pdf, err)
}

func (s *Shop) showCertificateName(c *gin.Context) error {
	in, err := httpx.Decode[api.CertificateName](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.ShowCertificateName(ctx, c.Param("id"), models.CertificateName{Show: in.Show}))
}

func (s *Shop) checkCertificate(c *gin.Context) error {
	_, ctx := s.As(c)
	found, err := s.Models.CheckCertificate(ctx, c.Param("id"))
	return s.checked(c, found, err)
}

func (s *Shop) checkCertificateDocument(c *gin.Context) error {
	in, err := httpx.Decode[api.CertificateDocument](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	found, err := s.Models.CheckCertificateDocument(ctx, models.CertificateDocument{Document: in.Document})
	return s.checked(c, found, err)
}

func (s *Shop) checked(c *gin.Context, found models.CertificateCheck, err error) error {
	if err != nil {
		return err
	}
	out := api.CertificateCheck{
		ID: found.ID, State: found.State, RevokedAt: found.RevokedAt, PackID: found.PackID, SoundID: found.SoundID, Title: found.Title, SoundName: found.SoundName,
		Edition: found.Edition, Producer: found.Producer, Handle: found.Handle, Licence: found.Licence, Tier: found.Tier, LicenceSHA256: found.LicenceSHA256,
		Licensee: found.Licensee, Files: found.Files, KeyID: found.KeyID, DocumentSHA256: found.DocumentSHA256, GrantedAt: found.GrantedAt, IssuedAt: found.IssuedAt,
	}
	if err := s.Around(c, &out.Frame, screen.NoContent); err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, out)
}

func (s *Shop) licenceKeys(c *gin.Context) error {
	_, ctx := s.As(c)
	found, err := s.Models.LicenceKeys(ctx)
	if err != nil {
		return err
	}
	out := api.LicenceKeys{Issuer: found.Issuer, Keys: []api.LicenceKey{}}
	for _, k := range found.Keys {
		out.Keys = append(out.Keys, api.LicenceKey(k))
	}
	c.Header("Cache-Control", "public, max-age=300")
	return screen.JSON(c, out)
}

func (s *Shop) paperPDF(c *gin.Context) error {
	_, ctx := s.As(c)
	p, err := s.Models.Paper(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	pdf, err := paper.Paper(p)
	return sendPDF(c, p.Number, pdf, err)
}

func sendPDF(c *gin.Context, name string, pdf []byte, err error) error {
	if err != nil {
		return err
	}
	send(c, name+".pdf", "application/pdf", pdf)
	return nil
}

// send answers a file of the caller's own.
func send(c *gin.Context, name, media string, content []byte) {
	c.Header("Cache-Control", screen.Private)
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Data(http.StatusOK, media, content)
}
