package catalog

import "slices"

// Genre is one of the fixed genres.
type Genre struct{ Slug, Name string }

// Genres in the order in which pages list them. A slug stays for ever; a name may change.
var Genres = []Genre{
	{"ambient", "Ambient"},
	{"bass-music", "Bass music"},
	{"cinematic", "Cinematic"},
	{"disco", "Disco"},
	{"downtempo", "Downtempo"},
	{"drum-and-bass", "Drum and bass"},
	{"dubstep", "Dubstep"},
	{"electro", "Electro"},
	{"experimental", "Experimental"},
	{"folk", "Folk and acoustic"},
	{"funk", "Funk and soul"},
	{"game-audio", "Game audio"},
	{"garage", "Garage"},
	{"hip-hop", "Hip-hop"},
	{"house", "House"},
	{"jazz", "Jazz"},
	{"latin", "Latin"},
	{"lo-fi", "Lo-fi"},
	{"pop", "Pop"},
	{"rnb", "R&B"},
	{"rock", "Rock"},
	{"techno", "Techno"},
	{"trance", "Trance"},
	{"trap", "Trap"},
	{"world", "World"},
}

func validGenre(slug string) bool {
	return slices.ContainsFunc(Genres, func(g Genre) bool { return g.Slug == slug })
}

// Instruments a sound may be filed under.
var Instruments = []string{
	"kick", "snare", "clap", "hat", "cymbal", "tom", "percussion", "drums", "bass", "synth", "pad", "lead", "pluck", "keys", "piano",
	"organ", "guitar", "strings", "brass", "woodwind", "mallet", "vocal", "choir", "fx", "riser", "impact", "texture", "field", "other",
}
