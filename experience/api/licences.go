package api

import "time"

// LicenceFile is GET /library/{id}/licence: the personal licence as it was bought, as a text file.
type LicenceFile struct {
	Filename string `json:"filename"`
	Text     string `json:"text"`
	SHA256   string `json:"sha256"` // of the text, in hex; the certificate pins it
}

// Certificate is GET /library/{id}/certificate?edition={id}: the signed proof of a purchase.
type Certificate struct {
	ID        string `json:"id"`
	Filename  string `json:"filename"`
	Document  string `json:"document"`   // canonical JSON (RFC 8785) with its Ed25519 signature; save it byte for byte
	VerifyURL string `json:"verify_url"` // the public page that says what it is worth
	ShowsName bool   `json:"shows_name"` // whether that page names the holder
}

// CertificateName is PUT /library/{id}/certificate/name.
type CertificateName struct {
	Show bool `json:"show"`
}

// CertificateCheck is GET /certificates/{id} and the answer to POST /certificates/check: what the public may know.
type CertificateCheck struct {
	Frame
	ID             string     `json:"id"`
	State          string     `json:"state"` // valid | revoked (the purchase was refunded)
	RevokedAt      *time.Time `json:"revoked_at,omitempty"`
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
	Licensee       string     `json:"licensee,omitempty"` // when the holder chose to be named, or the document was given
	Files          int        `json:"files"`
	KeyID          string     `json:"key_id"`
	DocumentSHA256 string     `json:"document_sha256"`
	GrantedAt      time.Time  `json:"granted_at"`
	IssuedAt       time.Time  `json:"issued_at"`
}

// CertificateDocument is POST /certificates/check.
type CertificateDocument struct {
	Document string `json:"document"`
}

// LicenceKeys is GET /licence-keys: every public key that ever signed a certificate, newest first.
type LicenceKeys struct {
	Issuer string       `json:"issuer"`
	Keys   []LicenceKey `json:"keys"`
}

// LicenceKey is one Ed25519 key.
type LicenceKey struct {
	ID        string     `json:"key_id"`
	Algorithm string     `json:"algorithm"`  // Ed25519
	PublicKey string     `json:"public_key"` // base64
	Since     time.Time  `json:"since"`
	Until     *time.Time `json:"until,omitempty"` // when another one took over; what it signed stays good
}

// PaperRef is a receipt, an invoice or a credit note of an order; its file is GET /papers/{id}/pdf.
type PaperRef struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // receipt | invoice | credit_note
	Number   string    `json:"number"`
	IssuedAt time.Time `json:"issued_at"`
}
