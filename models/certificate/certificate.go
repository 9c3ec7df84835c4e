// Package certificate is the proof of a purchase that leaves the site: a JSON document in canonical form (RFC 8785), signed with
// Ed25519, which anybody checks offline with the site's published keys. It needs the standard library only, so that a checker can
// be built from it alone. Whether a purchase was refunded since, only the site can say.
package certificate

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Format names what a document of this package is. Another meaning of a member is another format.
const Format = "crateful-licence-certificate/1"

// MaxSize is how many bytes a document may have: a pack of 3,000 files with long paths fits.
const MaxSize = 4 << 20

// The members of all types stand in the order of their JSON names, which is the canonical one: encoding/json writes them so.

// Certificate says who licensed what from whom. Nothing in it is an e-mail address.
type Certificate struct {
	Files     []File    `json:"files"` // everything that was bought, sorted by path
	Format    string    `json:"format"`
	GrantedAt time.Time `json:"granted_at"` // when the purchase was paid
	ID        string    `json:"id"`
	IssuedAt  time.Time `json:"issued_at"`
	Issuer    string    `json:"issuer"` // the site's address
	KeyID     string    `json:"key_id"`
	Licence   Licence   `json:"licence"`
	Licensee  Party     `json:"licensee"`
	Order     string    `json:"order"` // its number
	Producer  Party     `json:"producer"`
	Signature string    `json:"signature,omitempty"` // base64, of all the rest
	VerifyURL string    `json:"verify_url"`
	Work      Work      `json:"work"`
}

// Party is a person or company under the name of the day.
type Party struct {
	Handle string `json:"handle,omitempty"` // of a producer
	Name   string `json:"name"`
}

// Work is a pack's edition, or one sound of it.
type Work struct {
	Edition   int    `json:"edition"`
	EditionID string `json:"edition_id"`
	Kind      string `json:"kind"` // pack | sound
	PackID    string `json:"pack_id"`
	Sound     string `json:"sound,omitempty"` // its name
	SoundID   string `json:"sound_id,omitempty"`
	Title     string `json:"title"` // of the pack
}

// Licence names the licence and pins its text.
type Licence struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	TextSHA256 string `json:"text_sha256"` // of the personal licence, in hex
	Tier       string `json:"tier"`
}

// File is one licensed file.
type File struct {
	Path      string `json:"path"`
	SHA256    string `json:"sha256"` // in hex
	SizeBytes int64  `json:"size_bytes"`
}

// Sign writes the certificate in its canonical form with the key's id and signature.
func Sign(c Certificate, key ed25519.PrivateKey) ([]byte, error) {
	c.Format, c.KeyID, c.Signature = Format, KeyID(key.Public().(ed25519.PublicKey)), ""
	c.GrantedAt, c.IssuedAt = c.GrantedAt.UTC().Truncate(time.Second), c.IssuedAt.UTC().Truncate(time.Second)
	signed, err := marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write certificate %s: %w", c.ID, err)
	}
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed))
	document, err := marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write certificate %s: %w", c.ID, err)
	}
	if len(document) > MaxSize {
		return nil, fmt.Errorf("write certificate %s: %d bytes are too many", c.ID, len(document))
	}
	return document, nil
}

// marshal writes the canonical form.
func marshal(c Certificate) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		return nil, err
	}
	plain := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if bytes.Contains(plain, []byte(`\u`)) { // encoding/json escapes a little more than RFC 8785 does
		return Canonical(plain)
	}
	return plain, nil
}

// unsigned takes the signature out of a canonical document. Quotes inside of texts are escaped, so that it is found nowhere else.
func unsigned(document []byte, c Certificate) []byte {
	member := []byte(`"signature":"` + c.Signature + `",`)
	return bytes.Replace(document, member, nil, 1)
}

// What can be wrong with a document. Compare with errors.Is.
var (
	ErrMalformed  = errors.New("this is not a certificate of Crateful")
	ErrUnknownKey = errors.New("the key it says it was signed with is not among the published ones")
	ErrForged     = errors.New("the signature does not fit: it was changed after it was signed, or never signed by the site")
)

// Verify reads a document and checks its signature with the published keys. Spaces and the order of members do not matter;
// members that this package does not know make it malformed, as their meaning is not checked.
func Verify(document []byte, keys KeySet) (Certificate, error) {
	c, canonical, err := read(document)
	if err != nil {
		return c, err
	}
	key, err := keys.find(c.KeyID)
	if err != nil {
		return c, err
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(c.Signature)
	if err != nil || len(signature) == 0 {
		return c, fmt.Errorf("%w: no signature", ErrMalformed)
	}
	if !ed25519.Verify(key, unsigned(canonical, c), signature) {
		return c, ErrForged
	}
	return c, nil
}

// Parse reads a document without believing it.
func Parse(document []byte) (Certificate, error) {
	c, _, err := read(document)
	return c, err
}

// read also answers the canonical form. What was understood must be all that is there: a member that we do not know, or in other
// letters, is not ours.
func read(document []byte) (Certificate, []byte, error) {
	var c Certificate
	malformed := func(reason any) (Certificate, []byte, error) {
		return c, nil, fmt.Errorf("%w: %v", ErrMalformed, reason)
	}
	if len(document) > MaxSize {
		return malformed(fmt.Sprintf("it has more than %d bytes", MaxSize))
	}
	if err := json.Unmarshal(document, &c); err != nil {
		return malformed(err)
	}
	if c.Format != Format {
		return malformed(fmt.Sprintf("its format is %q", c.Format))
	}
	understood, err := marshal(c)
	if err != nil {
		return malformed(err)
	}
	if bytes.Equal(understood, document) {
		return c, document, nil
	}
	given, err := Canonical(document)
	if err != nil {
		return malformed(err)
	}
	if !bytes.Equal(understood, given) {
		return malformed("something in it has no meaning here")
	}
	return c, given, nil
}

// String is the sound with its pack, or the pack.
func (w Work) String() string {
	if w.Sound != "" {
		return w.Sound + ", from " + w.Title
	}
	return w.Title
}

// Covering finds the licensed file of these bytes, whatever their name is now.
func (c *Certificate) Covering(sha256Hex string) (File, bool) {
	for _, f := range c.Files {
		if f.SHA256 == sha256Hex {
			return f, true
		}
	}
	return File{}, false
}

// Digest is a SHA-256 in hex, as certificates have it.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
