package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// LicenceFile reads the personal licence of a library item.
func (c *Client) LicenceFile(ctx context.Context, itemID string) (api.LicenceFile, error) {
	return call[api.LicenceFile](ctx, c, http.MethodGet, "/v1/library/items/"+url.PathEscape(itemID)+"/licence", nil)
}

// CertificateFile reads the signed certificate of a library item; no edition stands for the one that was bought.
func (c *Client) CertificateFile(ctx context.Context, itemID, editionID string) (api.CertificateFile, error) {
	q := url.Values{}
	set(q, "edition_id", editionID)
	return call[api.CertificateFile](ctx, c, http.MethodGet, "/v1/library/items/"+url.PathEscape(itemID)+"/certificate", nil, httpx.WithQuery(q))
}

// ShowCertificateName says whether the public page of a library item's certificates names the holder.
func (c *Client) ShowCertificateName(ctx context.Context, itemID string, in api.CertificateName) error {
	_, err := call[struct{}](ctx, c, http.MethodPut, "/v1/library/items/"+url.PathEscape(itemID)+"/certificate/name", in)
	return err
}

// CheckCertificate says in public what a certificate is worth now.
func (c *Client) CheckCertificate(ctx context.Context, id string) (api.CertificateCheck, error) {
	return call[api.CertificateCheck](ctx, c, http.MethodGet, "/v1/certificates/"+url.PathEscape(id), nil)
}

// CheckCertificateDocument says what a document that somebody was given is worth.
func (c *Client) CheckCertificateDocument(ctx context.Context, in api.CertificateDocument) (api.CertificateCheck, error) {
	return call[api.CertificateCheck](ctx, c, http.MethodPost, "/v1/certificates/check", in)
}

// LicenceKeys lists all public keys of certificates.
func (c *Client) LicenceKeys(ctx context.Context) (api.LicenceKeys, error) {
	return call[api.LicenceKeys](ctx, c, http.MethodGet, "/v1/licence-keys", nil)
}

// OrderPapers lists receipt, invoice and credit notes of an order.
func (c *Client) OrderPapers(ctx context.Context, orderID string) (api.Papers, error) {
	return call[api.Papers](ctx, c, http.MethodGet, "/v1/orders/"+url.PathEscape(orderID)+"/papers", nil)
}

// Paper reads one receipt, invoice or credit note.
func (c *Client) Paper(ctx context.Context, id string) (api.Paper, error) {
	return call[api.Paper](ctx, c, http.MethodGet, "/v1/papers/"+url.PathEscape(id), nil)
}
