// Package templates carries the HTML: layouts (the frame of every page), pages (one file per page) and partials
// (what pages share, one file per thing).
package templates

import "embed"

// Files are the templates by folder.
//
//go:embed layouts pages partials
var Files embed.FS
