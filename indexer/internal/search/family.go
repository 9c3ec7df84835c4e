package search

// families are words for a whole family of instruments: whoever looks for techno drums takes a kick too. They weigh
// little, so that what is called by the word itself comes first.
var families = map[string]string{
	"kick": "drums", "snare": "drums", "clap": "drums", "hat": "drums", "cymbal": "drums", "tom": "drums", "percussion": "drums",
	"lead": "synth", "pad": "synth", "pluck": "synth", "piano": "keys", "organ": "keys", "choir": "vocal",
	"riser": "fx", "impact": "fx", "texture": "fx",
}

// Family is the word for the family of an instrument, empty for one of its own.
func Family(instrument string) string { return families[instrument] }
