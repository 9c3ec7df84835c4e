package api

import "time"

// SignUp is POST /account. Answers Session.
type SignUp struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Handle   string `json:"handle"`
	Name     string `json:"name,omitempty"`   // the handle when empty
	Locale   string `json:"locale,omitempty"` // BCP 47; en when empty
	Demo     bool   `json:"demo,omitempty"`   // made by the demo catalogue; refused in production
}

// SignIn is POST /session. Answers Session.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Session is a new session; Token goes into the cookie and nowhere else.
type Session struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	Viewer    Viewer    `json:"viewer"`
}

// VerifyEmail is POST /account/verify.
type VerifyEmail struct {
	Token string `json:"token"`
}

// Forgot is POST /account/forgot; the answer is the same for unknown addresses.
type Forgot struct {
	Email string `json:"email"`
}

// Reset is POST /account/reset. Ends all sessions.
type Reset struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// Account is GET /account, all that the settings pages show.
type Account struct {
	Frame
	Profile  Profile       `json:"profile"`
	Sessions []SessionInfo `json:"sessions"`
	Tokens   []TokenInfo   `json:"tokens"`
	ETag     string        `json:"etag"`
}

// Profile is what others see; PATCH /account/profile (If-Match: the account's etag) takes ProfileChange.
type Profile struct {
	Handle    string   `json:"handle"`
	Name      string   `json:"name"`
	Bio       string   `json:"bio"`
	Links     []string `json:"links"`
	AvatarKey string   `json:"avatar_key,omitempty"`
	BannerKey string   `json:"banner_key,omitempty"`
}

// ProfileChange changes what is not nil.
type ProfileChange struct {
	Handle *string   `json:"handle,omitempty"`
	Name   *string   `json:"name,omitempty"`
	Bio    *string   `json:"bio,omitempty"`
	Links  *[]string `json:"links,omitempty"`
}

// SettingsChange is PATCH /account/settings; changes what is not nil.
type SettingsChange struct {
	Theme         *string `json:"theme,omitempty"`
	Density       *string `json:"density,omitempty"`
	SingleKeys    *bool   `json:"single_keys,omitempty"`
	LevelMatching *bool   `json:"level_matching,omitempty"`
	FollowerMails *bool   `json:"follower_mails,omitempty"`
	Personalise   *bool   `json:"personalise,omitempty"`
	Locale        *string `json:"locale,omitempty"`
	// DefaultProject is the crate that "add to crate" means.
	DefaultProject *string `json:"default_project,omitempty"`
}

// EmailChange is POST /account/email; the new address counts once confirmed.
type EmailChange struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// PasswordChange is POST /account/password. Ends all other sessions.
type PasswordChange struct {
	Current string `json:"current"`
	New     string `json:"new"`
}

// SessionInfo is one place a person is signed in.
type SessionInfo struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	IP        string    `json:"ip"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	Current   bool      `json:"current"`
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

// TokenRequest is POST /account/tokens.
type TokenRequest struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`         // read | library | studio
	Days   int      `json:"days,omitempty"` // 0: does not expire
}

// NewToken answers it; Secret is shown once.
type NewToken struct {
	TokenInfo
	Secret string `json:"secret"`
}

// Mute is what a person does not want to be recommended.
type Mute struct {
	Kind      string    `json:"kind"`            // pack | sound | producer | because: a pack that is not to speak for others | reason
	Thing     string    `json:"thing"`           // id of the pack, sound or producer, or the kind of evidence
	Title     string    `json:"title,omitempty"` // what it is called now
	Slug      string    `json:"slug,omitempty"`  // of a pack, or the handle of a producer
	CreatedAt time.Time `json:"created_at"`
}

// Mutes is GET /account/mutes: all of them, newest first.
type Mutes struct {
	Mutes []Mute `json:"mutes"`
}
