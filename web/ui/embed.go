// Package ui carries the built styles, scripts and fonts. They are made by `npm run build` in this folder; a fresh
// clone has only the folder's placeholder, which compiles, and web says at start-up what to run.
package ui

import "embed"

// Dist is the folder dist as built.
//
//go:embed all:dist
var Dist embed.FS
