// Package api holds what Crateful's experience API sends and takes under /api/v1: one answer per screen or action.
// It leaves transport to the client package and rules to models.
package api

import "time"

// Money is an amount in minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Viewer is the person who asks, as pages need to know them.
type Viewer struct {
	ID            string   `json:"id"`
	Handle        string   `json:"handle"`
	Name          string   `json:"name"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	AvatarKey     string   `json:"avatar_key,omitempty"` // covers/<sha256>
	Admin         bool     `json:"admin"`
	Sells         bool     `json:"sells"` // has at least one pack, draft or live
	Settings      Settings `json:"settings"`
}

// Settings are how a person wants the site to look and behave.
type Settings struct {
	Theme          string `json:"theme"`           // system | light | dark
	Density        string `json:"density"`         // comfortable | compact
	SingleKeys     bool   `json:"single_keys"`     // keyboard shortcuts without modifier
	LevelMatching  bool   `json:"level_matching"`  // play everything about equally loud
	FollowerMails  bool   `json:"follower_mails"`  // mail about new packs of followed producers
	Personalise    bool   `json:"personalise"`     // recommendations from one's history
	Locale         string `json:"locale"`          // BCP 47
	DefaultProject string `json:"default_project"` // crate id that C adds to; empty: Liked
}

// Frame is what every screen carries besides its content.
type Frame struct {
	Viewer     *Viewer `json:"viewer,omitempty"` // nil: signed out
	CartCount  int     `json:"cart_count"`
	SoundCount int64   `json:"sound_count"` // live sounds, for the search box
}

// ProducerRef names a shop.
type ProducerRef struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// PackRef is what a sound row says about its pack.
type PackRef struct {
	ID       string      `json:"id"`
	Slug     string      `json:"slug"`
	Title    string      `json:"title"`
	CoverKey string      `json:"cover_key"` // covers/<sha256>
	Price    Money       `json:"price"`
	Producer ProducerRef `json:"producer"`
}

// Marks are what the viewer has to do with a thing. All false for strangers.
type Marks struct {
	Liked  bool `json:"liked"`
	Owned  bool `json:"owned"`
	InCart bool `json:"in_cart"`
	Yours  bool `json:"yours"` // the viewer's own work
	Muted  bool `json:"muted"` // the viewer does not want it recommended, or not for its reason: recommendations leave it out
}

// SoundRow is one line of any sound list.
type SoundRow struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Folder          string   `json:"folder,omitempty"`
	Type            string   `json:"type"` // loop | one-shot
	Instrument      string   `json:"instrument,omitempty"`
	Key             string   `json:"key,omitempty"`
	KeyUnsure       bool     `json:"key_unsure"`
	TempoBPM        float64  `json:"tempo,omitempty"`
	TempoUnsure     bool     `json:"tempo_unsure"`
	Tags            []string `json:"tags"`
	DurationSeconds float64  `json:"duration"`
	LoudnessLUFS    float64  `json:"loudness"`
	TruePeakDBTP    float64  `json:"true_peak"`
	Waveform        []byte   `json:"waveform"`        // 96 bars 0–255
	Price           *Money   `json:"price,omitempty"` // nil: sold only with its pack
	Pack            PackRef  `json:"pack"`
	Marks           Marks    `json:"marks"`
	Gone            string   `json:"gone,omitempty"`   // withdrawn | taken_down | removed: cannot be played or bought
	Reason          *Reason  `json:"reason,omitempty"` // why it is recommended
}

// PackCard is a pack in a grid or list.
type PackCard struct {
	PackRef
	Genre       string    `json:"genre"` // slug
	Sounds      int       `json:"sounds"`
	Loops       int       `json:"loops"`
	OneShots    int       `json:"one_shots"`
	TempoMin    float64   `json:"tempo_min,omitempty"`
	TempoMax    float64   `json:"tempo_max,omitempty"`
	PublishedAt time.Time `json:"published_at"`
	Demo        *SoundRow `json:"demo,omitempty"` // what ▶ on the card plays
	Marks       Marks     `json:"marks"`
	Gone        string    `json:"gone,omitempty"`
	Reason      *Reason   `json:"reason,omitempty"`
}

// Reason explains a recommendation by the numbers that ranked it.
type Reason struct {
	Kind    string `json:"kind"`            // bought_together | taste | same_feel | same_genre | same_tags | followed | rising | new
	Count   int    `json:"count,omitempty"` // people, where the kind counts people
	Title   string `json:"title,omitempty"` // the pack, sound or producer it refers to
	PackID  string `json:"pack_id,omitempty"`
	SoundID string `json:"sound_id,omitempty"`
}

// Genre is one of the fixed genres.
type Genre struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Packs int    `json:"packs"`
}

// Page is where a list goes on.
type Page struct {
	Next string `json:"next,omitempty"` // cursor; empty at the end
}
