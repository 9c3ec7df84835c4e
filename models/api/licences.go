package api

import "time"

// LicenceFile is a personal licence as it was frozen with the purchase.
type LicenceFile struct {
	FileName string `json:"file_name"` // without ending
	Text     string `json:"text"`
	SHA256   string `json:"sha256"` // of the text, in hex
	Template string `json:"template"`
}

// CertificateFile is a signed certificate for its holder.
type CertificateFile struct {
	ID        string `json:"id"`
	FileName  string `json:"file_name"` // without ending
	Document  string `json:"document"`  // canonical JSON; package models/certificate reads it
	VerifyURL string `json:"verify_url"`
	ShowsName bool   `json:"shows_name"` // the public page names the holder
}

// CertificateName is the holder's choice whether the public page names them.
type CertificateName struct {
	Show bool `json:"show"`
}

// States of a certificate.
const (
	CertificateValid   = "valid"
	CertificateRevoked = "revoked" // the purchase was refunded
)

// CertificateCheck is what the public may know of a certificate.
type CertificateCheck struct {
	ID             string     `json:"id"`
	State          string     `json:"state"` // valid | revoked
	RevokedAt      *time.Time `json:"revoked_at,omitempty"`
	Kind           ItemKind   `json:"kind"`
	PackID         string     `json:"pack_id"`
	SoundID        string     `json:"sound_id,omitempty"`
	Title          string     `json:"title"` // of the pack
	SoundName      string     `json:"sound_name,omitempty"`
	Edition        int        `json:"edition"`
	Producer       string     `json:"producer"`
	Handle         string     `json:"handle"`
	Licence        string     `json:"licence"`
	Tier           string     `json:"tier"`
	LicenceSHA256  string     `json:"licence_sha256"`
	Licensee       string     `json:"licensee,omitempty"` // when the holder chose to be named
	Files          int        `json:"files"`
	KeyID          string     `json:"key_id"`
	DocumentSHA256 string     `json:"document_sha256"`
	GrantedAt      time.Time  `json:"granted_at"`
	IssuedAt       time.Time  `json:"issued_at"`
}

// CertificateDocument is a certificate that somebody was given.
type CertificateDocument struct {
	Document string `json:"document"`
}

// LicenceKeys are all public keys that certificates were signed with, newest first.
type LicenceKeys struct {
	Issuer string       `json:"issuer"`
	Keys   []LicenceKey `json:"keys"`
}

// LicenceKey is one of them.
type LicenceKey struct {
	ID        string     `json:"key_id"`
	Algorithm string     `json:"algorithm"`  // Ed25519
	PublicKey string     `json:"public_key"` // base64
	Since     time.Time  `json:"since"`
	Until     *time.Time `json:"until,omitempty"` // when another one took over
}
