package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// Replay tells the index what it should hold, and sends it again.
type Replay struct{ Service *catalog.Service }

// Routes implements Resource.
func (h Replay) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/index/states", Who: Services("indexer"), Handle: h.states},
		{Method: http.MethodPost, Path: "/v1/index/repair", Who: Services("indexer"), Handle: h.repair},
		{Method: http.MethodPost, Path: "/v1/admin/republish", Who: Admin, Scope: "admin", Idempotent: KeyInTx, Handle: h.republish},
	}
}

func (h Replay) states(c *gin.Context) error {
	in, err := httpx.Decode[api.IndexStatesQuery](c)
	if err != nil {
		return err
	}
	if in.Limit < 0 || in.Limit > api.MaxIndexPacks {
		return errs.Invalid(errs.Field{Name: "limit", Reason: "out_of_range", Detail: "Ask for 1 to 200 at a time."})
	}
	if in.After != "" && !tx.ValidID(in.After) {
		return tx.BadCursor()
	}
	if in.PackIDs != nil {
		if err := checkIDs("pack_ids", in.PackIDs); err != nil {
			return err
		}
	}
	out, err := h.Service.IndexStates(c.Request.Context(), in)
	return answer(c, http.StatusOK, out, err)
}

// maxStrays bounds the sounds named in one repair.
const maxStrays = 20_000

func (h Replay) repair(c *gin.Context) error {
	in, err := httpx.Decode[api.IndexRepair](c)
	if err != nil {
		return err
	}
	ids, strays := make([]string, len(in.Packs)), 0
	for i := range in.Packs {
		p := &in.Packs[i]
		ids[i] = p.ID
		if p.Above < 0 || p.Above >= api.MaxRevision {
			return errs.Invalid(errs.Field{Name: "packs", Reason: "out_of_range", Detail: "A revision is neither negative nor the last there can be."})
		}
		p.SoundIDs = slices.DeleteFunc(p.SoundIDs, func(id string) bool { return !tx.ValidID(id) }) // never sounds of ours
		strays += len(p.SoundIDs)
	}
	if err := checkIDs("packs", ids); err != nil {
		return err
	}
	if strays > maxStrays {
		return errs.Invalid(errs.Field{Name: "packs", Reason: "too_many", Detail: "Name at most 20,000 sounds at once."})
	}
	slices.SortFunc(in.Packs, func(a, b api.RepairPack) int { return strings.Compare(a.ID, b.ID) }) // rows are locked in one order
	count, err := h.Service.Repair(c.Request.Context(), in.Packs)
	return answer(c, http.StatusOK, api.IndexRepaired{Count: count}, err)
}

func (h Replay) republish(c *gin.Context) error {
	in, err := httpx.Decode[api.Republish](c)
	if err != nil {
		return err
	}
	if len(in.PackIDs) > 0 {
		if err := checkIDs("pack_ids", in.PackIDs); err != nil {
			return err
		}
	}
	out, err := h.Service.Republish(c.Request.Context(), in)
	return answer(c, http.StatusAccepted, out, err)
}
