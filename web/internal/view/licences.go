package view

import "crateful.dev/experience/api"

// Verify is the page where anybody checks a certificate.
type Verify struct {
	Layout
	Form     Form
	ID       string
	Document string
}

// Verified says what a certificate is worth.
type Verified struct {
	Layout
	Certificate api.CertificateCheck
	Good        bool
	Heading     string
	Lead        string
	WorkURL     string
	Maker       Link
}

// Papers are licence, certificate and receipt of one thing that is owned.
type Papers struct {
	Layout
	ID          string // entitlement
	Edition     string // id; empty: the one that was bought
	Certificate api.Certificate
	Check       api.CertificateCheck
	Public      string // path of the certificate's page
}

// At is the address of one of the files.
func (p Papers) At(file string) string {
	at := "/api/v1/library/" + p.ID + "/" + file
	if p.Edition != "" && file != "licence.pdf" {
		at += "?edition=" + p.Edition
	}
	return at
}
