package pages

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// libraryPages are what one owns, and downloads.
func (p *Pages) libraryPages() {
	p.page("library", (*view.Library)(nil))
	p.page("library_files", (*view.LibraryFiles)(nil))
	p.get("/library", p.library)
	p.get("/library/packs/:id", p.libraryFiles)
	p.get("/library/:id/licence", p.licence)
	p.get("/downloads", func(c *gin.Context) error { return p.redirect(c, "/library") })
	p.get("/downloads/packs/:id", p.downloadPack)
	p.get("/sounds/:id/download", p.downloadSound)
}

func (p *Pages) library(c *gin.Context) error {
	kind := c.DefaultQuery("kind", "packs")
	if kind != "packs" && kind != "sounds" && kind != "returned" {
		return errs.NotFound("page")
	}
	found, err := p.ask(c).Library(p.context(c), c.Query("q"), kind, c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Library{
		Layout: p.layout(c, l.T("layout.library"), "library", found.Frame), Kind: kind, Words: found.Words,
		Numbers: ownedNumbers(l, found.Packs, found.Sounds),
	}
	v.NoIndex = true
	for _, tab := range []struct {
		kind  string
		count int
	}{{"packs", found.Packs}, {"sounds", found.Sounds}, {"returned", found.Returned}} {
		if tab.kind == "returned" && tab.count == 0 && kind != tab.kind {
			continue
		}
		q := url.Values{"kind": {tab.kind}}
		if v.Words != "" {
			q.Set("q", v.Words)
		}
		v.Tabs = append(v.Tabs, view.Tab{Text: l.T("library." + tab.kind), Count: l.Number(int64(tab.count)), URL: "/library?" + q.Encode(), Current: tab.kind == kind})
	}
	var sounds []api.SoundRow
	for _, item := range found.Items {
		if item.Ended != "" {
			v.Packs = append(v.Packs, givenBack(l, item))
			continue
		}
		if item.Sound != nil {
			item.Sound.Marks.Owned, item.Sound.Gone = true, ""
			if item.FilesRemoved {
				item.Sound.Marks.Owned, item.Sound.Gone = false, "files_removed"
			}
			v.Papers = append(v.Papers, view.Link{Text: item.Sound.Name, URL: "/library/" + item.ID})
			sounds = append(sounds, *item.Sound)
			continue
		}
		v.Packs = append(v.Packs, ownedPack(l, item, c.Query("bought") == item.OrderID))
	}
	v.Sounds = view.SoundList{Label: l.T("library.sounds"), Rows: view.NewSoundRows(l, sounds)}
	if found.Page.Next != "" {
		q := c.Request.URL.Query()
		q.Set("cursor", found.Page.Next)
		v.More = "/library?" + q.Encode()
	}
	v.Empty = found.Packs+found.Sounds+found.Returned == 0
	v.NoResult = !v.Empty && len(found.Items) == 0
	if v.Empty {
		home, err := p.ask(c).Home(p.context(c))
		if err != nil {
			return err
		}
		v.Shelf = view.Shelf{Title: l.T("library.empty_shelf"), Cards: wholeRows(l, home.Free, shelfCards), Wide: true}
	}
	return p.show(c, http.StatusOK, "library", v)
}

func ownedNumbers(l *messages.Locale, packs, sounds int) string {
	var parts []string
	if packs > 0 {
		parts = append(parts, l.N("count.packs", int64(packs)))
	}
	if sounds > 0 {
		parts = append(parts, l.N("library.singles", int64(sounds)))
	}
	return strings.Join(parts, ", ")
}

func ownedPack(l *messages.Locale, item api.LibraryItem, fresh bool) view.OwnedPack {
	card := view.NewPackCard(l, item.Pack)
	own := view.OwnedPack{
		Title: card.Title, URL: card.URL, Cover: card.CoverKey, Maker: card.Maker, Edition: item.Edition, Bought: item.BoughtAt, Fresh: fresh,
		Files: l.T("library.files"), FilesURL: "/library/packs/" + item.Pack.ID, Licence: "/library/" + item.ID, Receipt: "/orders/" + item.OrderID,
		Download: "/downloads/packs/" + item.Pack.ID + "?edition=" + url.QueryEscape(item.EditionID), Button: l.T("library.download_zip"),
		Size: l.Size(item.SizeBytes), Demo: card.Demo,
	}
	switch item.Note {
	case "withdrawn", "taken_down":
		own.Note, own.URL = l.T("library.note_"+item.Note), own.FilesURL
	case "":
	default:
		own.Note, own.URL = l.T("library.note_gone"), own.FilesURL
	}
	if item.FilesRemoved {
		own.Note, own.URL, own.FilesURL, own.Download = l.T("library.note_files_removed"), "", "", ""
		return own
	}
	if item.NewEditionID != "" {
		own.News = l.T("library.new_version", "Edition", l.Number(int64(item.NewEdition)))
		if item.NewSounds > 0 {
			own.News = l.N("library.more_sounds", int64(item.NewSounds), "Edition", l.Number(int64(item.NewEdition)))
		}
		own.Licence += "?edition=" + url.QueryEscape(item.NewEditionID)
		own.Button = l.T("library.download_version", "Edition", l.Number(int64(item.NewEdition)))
		own.Download = "/downloads/packs/" + item.Pack.ID + "?edition=" + url.QueryEscape(item.NewEditionID)
		own.Size = l.Size(item.NewSizeBytes)
	}
	return own
}

// givenBack shows what was the reader's once.
func givenBack(l *messages.Locale, item api.LibraryItem) view.OwnedPack {
	card := view.NewPackCard(l, item.Pack)
	own := view.OwnedPack{
		Title: card.Title, URL: card.URL, Cover: card.CoverKey, Maker: card.Maker, Edition: item.Edition, Bought: item.BoughtAt, Ended: true,
		Receipt: "/orders/" + item.OrderID,
	}
	if item.Sound != nil {
		own.Title, own.URL = item.Sound.Name, "/sounds/"+item.Sound.ID
	}
	if item.EndedAt != nil {
		own.Note = l.T("library.ended_"+item.Ended, "Day", l.Date(*item.EndedAt))
	}
	return own
}

func (p *Pages) libraryFiles(c *gin.Context) error {
	found, err := p.ask(c).LibraryPack(p.context(c), c.Param("id"), c.Query("edition"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.LibraryFiles{
		Layout: p.layout(c, found.Pack.Title, "library", found.Frame), Title: found.Pack.Title, PackURL: "/packs/" + found.Pack.Slug,
		Edition: found.Edition, Download: "/downloads/packs/" + c.Param("id") + "?edition=" + url.QueryEscape(found.EditionID),
	}
	v.NoIndex = true
	for _, f := range found.Files {
		file := view.LibraryFile{Path: f.Path, Name: path.Base(f.Path), Folder: path.Dir(f.Path), Size: l.Size(f.SizeBytes)}
		if file.Folder == "." {
			file.Folder = ""
		}
		if f.SoundID != "" {
			file.Download = "/sounds/" + f.SoundID + "/download"
		}
		if f.Sound != nil {
			f.Sound.Marks.Owned, f.Sound.Gone = true, ""
			row := view.NewSoundRow(l, *f.Sound)
			row.Bare, row.HideTick = true, true
			file.Row = &row
		}
		v.Files = append(v.Files, file)
	}
	return p.show(c, http.StatusOK, "library_files", v)
}

func (p *Pages) licence(c *gin.Context) error {
	file, err := p.ask(c).LicenceFile(p.context(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(file.Filename))
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(file.Text))
	return nil
}

// downloadPack and downloadSound make a new link at each press, so that an address in a browser's list of downloads
// works for as long as the entitlement.
func (p *Pages) downloadPack(c *gin.Context) error {
	return p.download(c, api.DownloadRequest{PackID: c.Param("id"), EditionID: c.Query("edition")})
}

func (p *Pages) downloadSound(c *gin.Context) error {
	return p.download(c, api.DownloadRequest{SoundID: c.Param("id")})
}

func (p *Pages) download(c *gin.Context, in api.DownloadRequest) error {
	link, err := p.ask(c).Download(p.context(c), in)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusFound, link.URL)
	return nil
}
