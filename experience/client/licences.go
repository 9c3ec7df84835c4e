package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/experience/api"
)

// LicenceFile is the personal licence of one entitlement.
func (a *Asking) LicenceFile(ctx context.Context, entitlement string) (api.LicenceFile, error) {
	return get[api.LicenceFile](ctx, a, "/library/"+seg(entitlement)+"/licence", nil)
}

// Certificate is the signed proof of one entitlement; no edition stands for the one that was bought.
func (a *Asking) Certificate(ctx context.Context, entitlement, edition string) (api.Certificate, error) {
	query := url.Values{}
	if edition != "" {
		query.Set("edition", edition)
	}
	return get[api.Certificate](ctx, a, "/library/"+seg(entitlement)+"/certificate", query)
}

// ShowCertificateName says whether the public page of an entitlement's certificates names the holder.
func (a *Asking) ShowCertificateName(ctx context.Context, entitlement string, show bool) error {
	_, err := call[struct{}](ctx, a, http.MethodPut, "/library/"+seg(entitlement)+"/certificate/name", api.CertificateName{Show: show})
	return err
}

// CheckCertificate says what a certificate is worth now. Anybody may ask.
func (a *Asking) CheckCertificate(ctx context.Context, id string) (api.CertificateCheck, error) {
	return get[api.CertificateCheck](ctx, a, "/certificates/"+seg(id), nil)
}

// CheckCertificateDocument says what a certificate is worth that somebody was given.
func (a *Asking) CheckCertificateDocument(ctx context.Context, document string) (api.CertificateCheck, error) {
	return call[api.CertificateCheck](ctx, a, http.MethodPost, "/certificates/check", api.CertificateDocument{Document: document})
}

// LicenceKeys are the published keys of certificates.
func (a *Asking) LicenceKeys(ctx context.Context) (api.LicenceKeys, error) {
	return get[api.LicenceKeys](ctx, a, "/licence-keys", nil)
}
