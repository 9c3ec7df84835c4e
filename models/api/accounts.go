package api

import "time"

// DemoDomain is the domain of demo people's addresses: outside production an account with one counts as demo.
const DemoDomain = "demo.crateful.test"

// SignUp is POST /v1/accounts. Answers NewSession.
type SignUp struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Handle   string `json:"handle"`
	Name     string `json:"name"`             // the handle when empty
	Locale   string `json:"locale,omitempty"` // BCP 47; en when empty
	Demo     bool   `json:"demo,omitempty"`   // made by the demo catalogue; only outside production
}

// SignIn is POST /v1/sessions. Answers NewSession. The caller's visitor, if any, becomes part of the account.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// NewSession is a session just begun. Token is its secret, for the cookie and nowhere else.
type NewSession struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	Account   Account   `json:"account"`
}

// Exchange is POST /v1/sessions/exchange: an opaque session or a personal API token for a person token. With neither, and a
// visitor in the headers, it answers the visitor's pseudonym alone.
type Exchange struct {
	Token string `json:"token,omitempty"` // session, or personal token crt_…
	Known bool   `json:"known,omitempty"` // of a visitor: only if there is a pseudonym already, none is made
}

// Exchanged answers it.
type Exchanged struct {
	PersonToken string    `json:"person_token,omitempty"`
	ExpiresAt   time.Time `json:"expires_at"`          // of the person token
	PersonID    string    `json:"person_id,omitempty"` // pseudonym for recommendations; empty when history is off
	Account     *Account  `json:"account,omitempty"`   // nil: signed out
	SessionID   string    `json:"session_id,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"` // of a personal token
}

// Account is one's own account.
type Account struct {
	ID            string    `json:"id"`
	Email         string    `json:"email"`
	EmailVerified bool      `json:"email_verified"`
	Handle        string    `json:"handle"`
	Name          string    `json:"name"`
	Bio           string    `json:"bio"`
	Links         []string  `json:"links"`
	AvatarKey     string    `json:"avatar_key,omitempty"` // covers/<sha256>
	BannerKey     string    `json:"banner_key,omitempty"`
	Admin         bool      `json:"admin"`
	Sells         bool      `json:"sells"` // has at least one pack, draft or live
	Followers     int       `json:"followers"`
	Settings      Settings  `json:"settings"`
	CreatedAt     time.Time `json:"created_at"`
	Revision      int64     `json:"revision"` // its ETag is "r<revision>"
}

// Settings are how a person wants the site to look and behave.
type Settings struct {
	Theme          string `json:"theme"`           // system | light | dark
	Density        string `json:"density"`         // comfortable | compact
	SingleKeys     bool   `json:"single_keys"`     // keyboard shortcuts without modifier
	LevelMatching  bool   `json:"level_matching"`  // play everything about equally loud
	FollowerMails  bool   `json:"follower_mails"`  // mail about new packs of followed producers
	Personalise    bool   `json:"personalise"`     // keep a history and recommend from it
	Locale         string `json:"locale"`          // BCP 47
	DefaultProject string `json:"default_project"` // crate id that C adds to; empty: Liked
}

// ProfileChange is PATCH /v1/account/profile (If-Match); changes what is not nil. Answers Account.
type ProfileChange struct {
	Handle *string   `json:"handle,omitempty"`
	Name   *string   `json:"name,omitempty"`
	Bio    *string   `json:"bio,omitempty"`
	Links  *[]string `json:"links,omitempty"`
}

// SettingsChange is PATCH /v1/account/settings; changes what is not nil. Answers Account.
type SettingsChange struct {
	Theme          *string `json:"theme,omitempty"`
	Density        *string `json:"density,omitempty"`
	SingleKeys     *bool   `json:"single_keys,omitempty"`
	LevelMatching  *bool   `json:"level_matching,omitempty"`
	FollowerMails  *bool   `json:"follower_mails,omitempty"`
	Personalise    *bool   `json:"personalise,omitempty"`
	Locale         *string `json:"locale,omitempty"`
	DefaultProject *string `json:"default_project,omitempty"`
}

// EmailChange is POST /v1/account/email; the new address counts once the link in the mail was opened.
type EmailChange struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// PasswordChange is POST /v1/account/password. Ends all other sessions.
type PasswordChange struct {
	Current string `json:"current"`
	New     string `json:"new"`
}

// VerifyEmail is POST /v1/email/verify.
type VerifyEmail struct {
	Token string `json:"token"`
}

// Forgot is POST /v1/password/forgot; the answer is the same for unknown addresses.
type Forgot struct {
	Email string `json:"email"`
}

// Reset is POST /v1/password/reset. Ends all sessions.
type Reset struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// SessionInfo is one place a person is signed in.
type SessionInfo struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	IP        string    `json:"ip"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Current   bool      `json:"current"`
}

// Sessions is GET /v1/account/sessions.
type Sessions struct {
	Sessions []SessionInfo `json:"sessions"`
}

// TokenRequest is POST /v1/account/tokens.
type TokenRequest struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
	Days   int      `json:"days"` // 0: does not expire; at most 3650
}

// TokenInfo is a personal API token without its secret.
type TokenInfo struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix"` // first characters, to recognise it
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Tokens is GET /v1/account/tokens.
type Tokens struct {
	Tokens []TokenInfo `json:"tokens"`
}

// NewToken answers TokenRequest; Secret is shown once.
type NewToken struct {
	TokenInfo
	Secret string `json:"secret"`
}

// Producer is a public profile: GET /v1/producers/{handle}. For a handle that moved, Moved is the present one and
// everything else is the present profile.
type Producer struct {
	ID        string    `json:"id"`
	Handle    string    `json:"handle"`
	Moved     bool      `json:"moved,omitempty"` // asked for by an old handle
	Name      string    `json:"name"`
	Bio       string    `json:"bio"`
	Links     []string  `json:"links"`
	AvatarKey string    `json:"avatar_key,omitempty"`
	BannerKey string    `json:"banner_key,omitempty"`
	Followers int       `json:"followers"`
	Following bool      `json:"following"` // by the caller
	Yours     bool      `json:"yours"`
	Demo      bool      `json:"demo,omitempty"`
	JoinedAt  time.Time `json:"joined_at"`
}

// ProducersQuery is POST /v1/producers/batch: public profiles of at most 100 ids. Unknown ones are left out.
type ProducersQuery struct {
	IDs []string `json:"ids"`
}

// Producers answers it, and GET /v1/account/following.
type Producers struct {
	Producers []Producer `json:"producers"`
	Next      string     `json:"next,omitempty"`
}

// Follow answers PUT and DELETE /v1/producers/{handle}/follow.
type Follow struct {
	Following bool `json:"following"`
	Followers int  `json:"followers"`
}

// Kinds of mutes.
const (
	MutePack     = "pack"
	MuteSound    = "sound"
	MuteProducer = "producer"
	MuteBecause  = "because" // a pack that is not to speak for others
	MuteReason   = "reason"  // a kind of evidence, such as rising
)

// Mute is what a person does not want to be recommended: PUT and DELETE /v1/account/mutes/{kind}/{thing}.
type Mute struct {
	Kind      string    `json:"kind"`
	Thing     string    `json:"thing"`           // id of the pack, sound or producer, or the kind of evidence
	Title     string    `json:"title,omitempty"` // what it is called now; empty for evidence
	Slug      string    `json:"slug,omitempty"`  // of a pack, or the handle of a producer
	CreatedAt time.Time `json:"created_at"`
}

// Mutes is GET /v1/account/mutes, newest first.
type Mutes struct {
	Mutes []Mute `json:"mutes"`
}

// Interactions is POST /v1/interactions: views and previews.
type Interactions struct {
	Items []Interaction `json:"items"` // 1 to 100
}

// Interaction is one of them.
type Interaction struct {
	Kind    string    `json:"kind"` // view | preview
	PackID  string    `json:"pack_id,omitempty"`
	SoundID string    `json:"sound_id,omitempty"`
	From    string    `json:"from,omitempty"` // of a view: the list of recommendations it was opened from: for_you | because | rising | also_like
	At      time.Time `json:"at"`             // moved into the last hour when the browser's clock is wrong
}

// InteractionsTaken answers it.
type InteractionsTaken struct {
	Taken int `json:"taken"`
}

// AccountQuery are the parameters of GET /v1/admin/accounts.
type AccountQuery struct {
	Text   string // part of e-mail, handle or name
	Cursor string
	Limit  int
}

// AdminAccount is an account as admins see it.
type AdminAccount struct {
	ID             string     `json:"id"`
	Email          string     `json:"email"`
	EmailVerified  bool       `json:"email_verified"`
	Handle         string     `json:"handle"`
	Name           string     `json:"name"`
	Admin          bool       `json:"admin"`
	Sells          bool       `json:"sells"`
	Demo           bool       `json:"demo"`
	DisabledAt     *time.Time `json:"disabled_at,omitempty"`
	DisabledReason string     `json:"disabled_reason,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
}

// AdminAccounts is GET /v1/admin/accounts.
type AdminAccounts struct {
	Accounts []AdminAccount `json:"accounts"`
	Next     string         `json:"next,omitempty"`
}

// Disable is POST /v1/admin/accounts/{id}/disable. Ends all sessions and tokens.
type Disable struct {
	Reason string `json:"reason"`
}
