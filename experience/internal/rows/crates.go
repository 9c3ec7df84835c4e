package rows

import (
	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

// Crate of models.
func Crate(c models.CrateCard) api.CrateCard {
	return api.CrateCard{
		ID: c.ID, Name: c.Name, Liked: c.Liked, Count: c.Count, Covers: List(c.Covers), Shared: c.ShareToken != "", ETag: c.ETag, UpdatedAt: c.UpdatedAt,
	}
}

// StudioPack of models.
func StudioPack(p models.StudioPack) api.StudioPack {
	return api.StudioPack{
		ID: p.ID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey, State: string(p.State), Listed: p.Listed, Unpublished: p.Unpublished,
		Sounds: p.Sounds, SoldToday: p.SoldToday, SoldMonth: p.SoldMonth, UpdatedAt: p.UpdatedAt,
	}
}
