package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"crateful.dev/local/internal/demo/synth"
)

var admin = person{"demo-admin", "Demo admin"}

// producer sells packs.
type producer struct {
	person
	bio   string
	links []string
}

var producers = []producer{
	{person{"marlow-vint", "Marlow Vint"}, "Electric pianos, short delays, long evenings. Everything here was played for records that never came out.", []string{"https://example.com/marlow-vint"}},
	{person{"ines-okafor", "Inès Okafor"}, "Club tools that leave room for your own idea. House, garage, and what happens on the way home.", []string{"https://example.com/ines-okafor"}},
	{person{"kiyo-tanabe", "Kiyo Tanabe"}, "Machines, mostly. Some of them were kitchen ware once.", nil},
	{person{"petra-lund", "Petra Lund"}, "Low notes and slow weather from the north.", []string{"https://example.com/petra-lund"}},
	{person{"nuno-alvor", "Nuno Alvor"}, "Hands, strings and fast breaks.", nil},
}

// listing is a pack of the catalogue. Prices are cents; a sound price of -1 sells the pack whole.
type listing struct {
	producer    int
	title       string
	genre       string
	description string
	tags        []string
	price       int64
	soundPrice  int64
	recipe      synth.Recipe
	cover       uint64
}

var catalogue = []listing{
	{
		0, "Dusty Keys", "lo-fi", "An old stage piano, a felted upright and drums that fall a little late. Recorded hot, played soft.\n\nLoops share one key and one tempo, so anything here goes with anything else.",
		[]string{"dusty", "rhodes", "warm", "lo-fi"},
		1200, 80,
		synth.Recipe{Style: "dusty", Word: "Dusty", Seed: 1, Tempo: 88, Key: &synth.Key{Tonic: 9, Minor: true}},
		0,
	},
	{
		1, "Night Bus, 2 a.m.", "house", "Organ stabs, a bouncing bass and a floor that keeps its promise. For the hour when the room is half full and better for it.",
		[]string{"deep", "organ", "club"},
		1500, 90,
		synth.Recipe{Style: "house", Word: "NightBus", Seed: 2, Tempo: 124},
		0,
	},
	{
		2, "Halogen", "techno", "Hard kicks, acid lines and dub chords that hang in the rafters. Rumble included.",
		[]string{"acid", "warehouse", "driven"},
		1800, 100,
		synth.Recipe{Style: "techno", Word: "Halogen", Seed: 3, Tempo: 134},
		0,
	},
	{
		3, "Ebb", "ambient", "Pads that open like tide, glass, rain on a window, a piano three rooms away. Sold whole, because it only makes sense together.",
		[]string{"pads", "slow", "texture"},
		1600, -1,
		synth.Recipe{Style: "ambient", Word: "Ebb", Seed: 4, Tempo: 72},
		0,
	},
	{
		4, "Dawn Chorus 174", "drum-and-bass", "Rolling breaks, a reese with teeth and pads for the first light.",
		[]string{"breaks", "reese", "liquid"},
		1300, 70,
		synth.Recipe{Style: "breaks", Word: "Dawn", Seed: 5, Tempo: 174},
		0,
	},
	{
		0, "Late Room", "jazz", "Brushes, an upright bass and two pianos after closing time. Swung, unhurried, a little out of tune on purpose.",
		[]string{"brushes", "upright", "late night"},
		900, 60,
		synth.Recipe{Style: "club", Word: "Late", Seed: 6, Tempo: 104},
		1,
	},
	{
		1, "Shutter Speed", "garage", "Two-step drums with the shuffle turned up, organ skips and a wobble that behaves.",
		[]string{"2-step", "shuffled", "organ"},
		1200, 80,
		synth.Recipe{Style: "garage", Word: "Shutter", Seed: 7, Tempo: 132},
		1,
	},
	{
		2, "Paper Drums", "experimental", "A drum kit made of a desk: boxes, foil, tin cups, paper. Free, and free of dust.",
		[]string{"found sound", "dry", "drum kit"},
		0, 0,
		synth.Recipe{Style: "paper", Word: "Paper", Seed: 8, Tempo: 108},
		0,
	},
	{
		3, "Sub Rosa", "dubstep", "Half-time weight, skanks through a long echo, a siren for emergencies.",
		[]string{"dub", "heavy", "half-time"},
		1000, 70,
		synth.Recipe{Style: "dubplate", Word: "Rosa", Seed: 9, Tempo: 140},
		0,
	},
	{
		4, "Tape Garden", "downtempo", "Nylon strings, kalimba and hand drums in afternoon light.",
		[]string{"kalimba", "hand drums", "sunny"},
		900, 60,
		synth.Recipe{Style: "garden", Word: "Garden", Seed: 10, Tempo: 98},
		0,
	},
	{
		0, "Mirrorball Economy", "disco", "Octave bass, a clav that will not sit still, strings on the rise, cowbell in moderation.",
		[]string{"funky", "strings", "octaves"},
		1400, 90,
		synth.Recipe{Style: "disco", Word: "Mirror", Seed: 11, Tempo: 116},
		0,
	},
	{
		1, "Cold Bells", "trap", "Icy bells, long 808s and hats that roll when they feel like it.",
		[]string{"808", "bells", "dark"},
		1000, 70,
		synth.Recipe{Style: "trap", Word: "Cold", Seed: 12, Tempo: 144},
		0,
	},
	{
		2, "Copperwire", "electro", "Machine drums, sequenced bass and string machines. Made for robots, tested on people.",
		[]string{"machine", "retro", "arpeggio"},
		1100, 80,
		synth.Recipe{Style: "electro", Word: "Copper", Seed: 13, Tempo: 126},
		0,
	},
	{
		3, "Salt Flats", "cinematic", "Taikos, low strings, impacts and the air before a storm. For pictures, or for imagining them.",
		[]string{"tension", "trailer", "dark"},
		1900, 120,
		synth.Recipe{Style: "film", Word: "Salt", Seed: 14, Tempo: 86},
		0,
	},
	{
		4, "Rua Nova", "latin", "Congas, bongos and claves from one street, with a piano by the open window.",
		[]string{"percussion", "montuno", "conga"},
		800, 50,
		synth.Recipe{Style: "street", Word: "Rua", Seed: 15, Tempo: 104},
		0,
	},
}

// genres of styles, for packs beyond the catalogue.
var genres = func() map[string]string {
	m := map[string]string{}
	for _, l := range catalogue {
		m[l.recipe.Style] = l.genre
	}
	return m
}()

var (
	firstWords  = strings.Fields("Amber Brass Cedar Drift Ember Fable Gravel Harbour Indigo Juniper Kettle Lantern Marble Nickel Orchard Pebble Quartz Ribbon Saffron Thistle Umber Velvet Willow Yarrow Zinc")
	secondWords = strings.Fields("Avenue Bureau Circle Depot Engine Ferry Gallery Hotel Index Junction Kiosk Ledger Mosaic Notebook Office Parade Quarter Radio Station Theatre Union Vault Workshop Yard Zone")
)

// pack is number n of the catalogue; beyond its end they are drawn by number.
func pack(n int) listing {
	if n < len(catalogue) {
		return catalogue[n]
	}
	r := rand.New(rand.NewPCG(uint64(n), 2026)) //nolint:gosec // the same number gives the same pack
	like := catalogue[n%len(catalogue)]
	m := n - len(catalogue)
	first, second := firstWords[m*7%len(firstWords)], secondWords[(m*11+m/len(firstWords))%len(secondWords)]
	l := listing{
		producer: n % len(producers), title: fmt.Sprintf("%s %s", first, second), genre: genres[like.recipe.Style],
		tags: like.tags, price: 500 + 100*int64(r.IntN(14)), soundPrice: 50 + 10*int64(r.IntN(7)), cover: uint64(n),
		recipe: synth.Recipe{Style: like.recipe.Style, Word: first, Seed: uint64(n) + 100},
	}
	if n%11 == 0 {
		l.price, l.soundPrice = 0, 0
	}
	l.description = fmt.Sprintf("More in the manner of %s, with other notes and another tempo.", like.title)
	return l
}

// buyer is a person with a taste.
type buyer struct {
	person
	taste int
}

// tastes are genres that the same people like.
var tastes = [][]string{
	{"lo-fi", "jazz", "downtempo"},
	{"house", "disco", "garage"},
	{"techno", "electro", "experimental"},
	{"ambient", "cinematic", "downtempo"},
	{"drum-and-bass", "dubstep", "trap", "garage"},
	{"latin", "jazz", "disco"},
}

var buyers = func() []buyer {
	var list []buyer
	for i, name := range strings.Split("Ana Brandt,Bo Lindqvist,Carla Reyes,Dmitri Vance,Elif Aydin,Femi Adeyemi,Greta Holm,Hugo Marchand,Imke de Vries,Jonas Weber,"+
		"Keiko Mori,Luca Ferri,Maya Cohen,Nils Aaltonen,Oona Byrne,Pablo Sanz,Quinn Harper,Rosa Lima,Sven Dahl,Tara Singh,"+
		"Uma Rao,Viktor Hajek,Wanda Kowal,Xavi Puig,Yuki Sato,Zora Novak,Aldo Bruni,Britt Olsen,Cem Kaya,Dora Nagy", ",") {
		handle := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
		list = append(list, buyer{person{handle, name}, i % len(tastes)})
	}
	return list
}()
