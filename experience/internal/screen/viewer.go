package screen

import (
	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	models "crateful.dev/models/api"
)

// Viewer is an account as pages need to know it.
func Viewer(a models.Account) *api.Viewer {
	return &api.Viewer{
		ID: a.ID, Handle: a.Handle, Name: a.Name, Email: a.Email, EmailVerified: a.EmailVerified, AvatarKey: a.AvatarKey,
		Admin: a.Admin, Sells: a.Sells, Settings: api.Settings(a.Settings),
	}
}

// Profile is what others see of an account.
func Profile(a models.Account) api.Profile {
	return api.Profile{
		Handle: a.Handle, Name: a.Name, Bio: a.Bio, Links: rows.List(a.Links), AvatarKey: a.AvatarKey, BannerKey: a.BannerKey,
	}
}
