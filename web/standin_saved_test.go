package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"crateful.dev/experience/api"
)

const savedToken = "c2VhbGVk"

// sampleSaved are saved searches as their owner left them on a Tuesday.
func sampleSaved() []api.SavedSearch {
	tuesday := time.Now().Add(-4 * 24 * time.Hour)
	return []api.SavedSearch{
		{ID: "s1", Name: "Dusty keys for Sunday", Kind: "sounds", Query: "key=Am&q=dusty+keys&tempo_max=92&tempo_min=84", Language: "dusty keys key:Am bpm:84-92", Mail: "daily", New: 12, Since: tuesday, ETag: `"s1"`},
		{ID: "s2", Name: "Cheap brass packs", Kind: "packs", Query: "in=packs&price_max=10&q=brass", Language: "brass price:0-10", Mail: "instant", New: 1, Since: time.Now().Add(-3 * time.Hour), ETag: `"s1"`},
		{ID: "s3", Name: longTitle[:80], Kind: "sounds", Query: "q=felt&tag=tape", Language: "felt tag:tape -vocal genre:ambient instrument:electric-piano length:2-8 price:0-2.50 by:marlowvint", Mail: "none", New: 500, NewMore: true, Since: tuesday, ETag: `"s1"`},
		{ID: "s4", Name: "صوت طبل", Kind: "sounds", Query: "q=x", Language: "طبل", Mail: "none", Since: sampleNow.AddDate(0, 0, -40), ETag: `"s1"`},
	}
}

// savedSearches answers them; it says whether the path was one of them.
func (u *upstream) savedSearches(w http.ResponseWriter, r *http.Request, path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	u.mu.Lock()
	defer u.mu.Unlock()
	frame := u.frameLocked(r)
	switch parts[0] {
	case "saved-mails":
		if parts[1] != savedToken {
			problem(w, 404, "not_found", "link_not_found")
			return true
		}
		if r.Method == http.MethodDelete {
			u.saved[0].Mail = "none"
		}
		answerJSON(w, api.SavedMail{Name: u.saved[0].Name, On: u.saved[0].Mail != "none"})
		return true
	case "saved-searches":
	default:
		return false
	}
	if frame.Viewer == nil {
		problem(w, 401, "unauthenticated", "sign_in")
		return true
	}
	if session(r) == "empty" {
		answerJSON(w, api.SavedSearches{Frame: frame})
		return true
	}
	if len(parts) == 1 {
		if r.Method == http.MethodGet {
			answerJSON(w, api.SavedSearches{Frame: frame, Searches: u.saved})
			return true
		}
		var in api.SaveSearch
		_ = json.NewDecoder(r.Body).Decode(&in)
		if slices.ContainsFunc(u.saved, func(s api.SavedSearch) bool { return s.Query == in.Query }) {
			problem(w, 409, "conflict", "already_saved")
			return true
		}
		made := api.SavedSearch{ID: fmt.Sprintf("s%d", len(u.saved)+1), Name: in.Name, Kind: "sounds", Query: in.Query, Language: in.Query, Mail: in.Mail, Since: time.Now(), ETag: `"s1"`}
		u.saved = append([]api.SavedSearch{made}, u.saved...)
		w.WriteHeader(http.StatusCreated)
		answerJSON(w, made)
		return true
	}
	at := slices.IndexFunc(u.saved, func(s api.SavedSearch) bool { return s.ID == parts[1] })
	if len(parts) == 3 && parts[2] == "restore" {
		u.saved = append([]api.SavedSearch{*u.removed}, u.saved...)
		answerJSON(w, u.saved[0])
		return true
	}
	if at < 0 {
		problem(w, 404, "not_found", "saved_search_not_found")
		return true
	}
	s := &u.saved[at]
	switch r.Method {
	case http.MethodPost: // seen
		s.New, s.NewMore, s.Since = 0, false, time.Now()
		w.WriteHeader(http.StatusNoContent)
	case http.MethodDelete:
		gone := *s
		u.removed, u.saved = &gone, slices.Delete(u.saved, at, at+1)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPatch:
		var in api.SavedChange
		_ = json.NewDecoder(r.Body).Decode(&in)
		if strings.TrimSpace(*in.Name) == "" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			answerJSON(w, map[string]any{"status": 400, "code": "invalid", "detail": "x", "fields": []map[string]string{{"name": "name", "reason": "required", "detail": "Give the search a name."}}})
			return true
		}
		s.Name, s.Mail = *in.Name, *in.Mail
		answerJSON(w, *s)
	default:
		found := api.SavedFound{Frame: frame, Saved: *s, ReadAt: time.Now(), Total: 214, NewIDs: []string{"sound-0", "sound-1", "sound-4", "pack-3"}}
		switch {
		case s.Kind == "packs":
			found.Packs = sampleCards(3, 7)
		case s.ID == "s4":
			found.Total, found.NewIDs = 0, nil
		case r.URL.Query().Get("cursor") != "":
			found.Sounds = sampleSounds(12, 3)
		default:
			found.Sounds, found.Page.Next = sampleSounds(0, 12), "n"
		}
		answerJSON(w, found)
	}
	return true
}
