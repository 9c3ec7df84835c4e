package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Recipe says what to make. The same recipe gives the same bytes.
type Recipe struct {
	Style string  // one of Styles
	Word  string  // in every file name, for example Dusty
	Seed  uint64  // another seed gives other sounds
	Tempo float64 // beats per minute; 0 takes one that suits the style
	Key   *Key    // nil takes one that suits the style
}

// Pack is what a producer would drop: a folder.
type Pack struct {
	Style string
	Word  string
	Tempo float64
	Key   Key
	Files []File
	Demo  string // path of the track that shows the pack
}

// File is one file of a pack. Sound is nil for extras.
type File struct {
	Path  string
	Data  []byte
	Sound *Sound
}

// Sound is what the producer knows about a file.
type Sound struct {
	Type       string // loop | one-shot
	Instrument string
	Key        string  // empty for drums and noise
	Tempo      float64 // 0 for what has none
	Beats      int     // of a loop
	Frames     int
	Tags       []string
}

// Styles lists what Recipe.Style may be.
func Styles() []string { return slices.Sorted(maps.Keys(styles)) }

// Make renders a pack.
func Make(r Recipe) (Pack, error) {
	style, ok := styles[r.Style]
	if !ok {
		return Pack{}, fmt.Errorf("make a pack: there is no style %q", r.Style)
	}
	c := newChance(r.Seed, r.Style)
	m := &maker{word: r.Word, tempo: r.Tempo, seed: r.Seed, kit: map[string]sound{}}
	if drawn := style.slowest + float64(c.below(int(style.fastest-style.slowest)+1)); m.tempo == 0 {
		m.tempo = drawn
	}
	drawn := Key{Tonic: pick(c, style.tonics), Minor: style.minor}
	m.key = drawn
	if r.Key != nil {
		m.key = *r.Key
	}
	m.bars = 4
	if 4*240/m.tempo > 8 {
		m.bars = 2
	}
	m.each = float64(m.bars) // four chords share the loop
	m.length = beatFrames(float64(m.bars*4), m.tempo)
	turns := plainTurns
	switch {
	case m.key.Minor && style.rich:
		turns = minorTurns
	case !m.key.Minor:
		turns = majorTurns
	}
	m.turn = pick(c, turns)
	style.build(m)
	m.demo()
	m.papers()
	return Pack{Style: r.Style, Word: m.word, Tempo: m.tempo, Key: m.key, Files: m.files, Demo: m.demoPath}, nil
}

// maker collects the files of one pack.
type maker struct {
	word   string
	tempo  float64
	key    Key
	seed   uint64
	bars   int     // of every loop
	each   float64 // beats of one chord
	length int     // frames of every loop
	turn   []chord

	kit      map[string]sound // first hit of every drum, for the loops
	parts    []part
	files    []File
	demoPath string
}

// part is a loop with its weight in the demo track.
type part struct {
	role  string // drums | bass | chords | tune | texture
	sound sound
}

func (m *maker) beats() int { return m.bars * 4 }

func (m *maker) chance(name string) *chance { return newChance(m.seed, m.word+"/"+name) }

// hits adds n variations of a drum: One-shots/Kicks/Kick_Dusty_01.wav.
func (m *maker) hits(folder, name, instrument string, d drum, n int, tags ...string) {
	c := m.chance(name)
	for i := range n {
		s := d(c).atMost(1.95).normalise(-0.8 - 0.7*c.unit())
		if i == 0 {
			m.kit[name] = s.clone()
		}
		path := fmt.Sprintf("One-shots/%s/%s_%s_%02d.wav", folder, name, m.word, i+1)
		m.add(path, s, 1, &Sound{Type: "one-shot", Instrument: instrument, Tags: tags})
	}
}

// scenes are hits in stereo that are too long for a beat.
func (m *maker) scenes(name, instrument string, d drum, n int, tags ...string) {
	c := m.chance(name)
	for i := range n {
		s := d(c).normalise(-1)
		m.add(fmt.Sprintf("One-shots/FX/%s_%s_%02d.wav", name, m.word, i+1), s, 2, &Sound{Type: "one-shot", Instrument: instrument, Tags: tags})
	}
}

// tones adds single notes: One-shots/Bass/Sub_Dusty_A.wav.
func (m *maker) tones(folder, name, instrument string, v voice, octave int, held float64, steps []int, tags ...string) {
	c := m.chance(name + " tones")
	for _, step := range steps {
		k := Key{Tonic: (m.key.Tonic + step) % 12}
		s := v(note{k.low(octave), held, 0.95}, c).atMost(1.95).normalise(-1)
		m.add(fmt.Sprintf("One-shots/%s/%s_%s_%s.wav", folder, name, m.word, k.Note()), s, 1,
			&Sound{Type: "one-shot", Instrument: instrument, Key: k.Note(), Tags: tags})
	}
}

// chordHit adds one chord: One-shots/Chords/Stab_Dusty_Am.wav.
func (m *maker) chordHit(name, instrument string, v voice, from int, held float64, tags ...string) {
	c := m.chance(name + " chord")
	home := chord{0, minor3}
	if !m.key.Minor {
		home.tones = major3
	}
	s := silence(frames(2))
	for _, pitch := range home.voicing(m.key, from) {
		s.add(v(note{pitch, held, 0.8}, c), 0, 0.6, 0)
	}
	s.reverb(0.9, 0.5, 0.18)
	s.fadeOut(0.25).normalise(-1)
	m.add(fmt.Sprintf("One-shots/Chords/%s_%s_%s.wav", name, m.word, m.key), s, 2,
		&Sound{Type: "one-shot", Instrument: instrument, Key: m.key.String(), Tags: tags})
}

// loop adds a loop of the pack's length: Loops/Rhodes_Dusty_Am_88.wav.
func (m *maker) loop(role, name, instrument string, s sound, tags ...string) {
	s.normalise(-1)
	m.parts = append(m.parts, part{role, s})
	words := []string{name, m.word}
	about := &Sound{Type: "loop", Instrument: instrument, Tempo: m.tempo, Beats: m.beats(), Tags: tags}
	if role != "drums" && role != "texture" || instrument == "pad" {
		words = append(words, m.key.String())
		about.Key = m.key.String()
	}
	words = append(words, fmt.Sprintf("%g", m.tempo))
	m.add("Loops/"+strings.Join(words, "_")+".wav", s, 2, about)
}

// drums renders a groove, sends it through a small room and adds it.
func (m *maker) drums(name string, swing, room float64, lanes ...lane) {
	s := groove(lanes, m.beats(), m.tempo, swing, m.chance(name))
	if room > 0 {
		s = s.twice(func(s sound) { s.reverb(0.5, 0.5, room) })
	}
	m.loop("drums", name, "drums", s.normalise(-3).drive(1.25), "drum loop")
}

// on is a lane that plays a drum of the kit.
func (m *maker) on(name, pattern string, gain, pan float64) lane {
	return lane{m.kit[name], pattern, gain, pan}
}

// played renders events, adds the loop, and the same notes as MIDI.
func (m *maker) played(role, name, instrument string, events []event, v voice, effect func(sound), tags ...string) {
	s := play(events, v, m.length, m.tempo, m.chance(name)).normalise(-3)
	if effect != nil {
		s = s.twice(effect)
	}
	m.loop(role, name, instrument, s, tags...)
	file := fmt.Sprintf("%s_%s_%s_%g", name, m.word, m.key, m.tempo)
	m.files = append(m.files, File{Path: "MIDI/" + file + ".mid", Data: midi(file, m.tempo, m.beats(), events)})
}

func (m *maker) add(path string, s sound, channels int, about *Sound) {
	about.Frames = s.len()
	root := -1
	if about.Key != "" {
		root = m.key.Tonic
	}
	m.files = append(m.files, File{path, wav(s, channels, about.Tempo, about.Beats, root), about})
}

// demo mixes the pack's own loops into a short track.
func (m *maker) demo() {
	if len(m.parts) < 2 {
		return
	}
	gains := map[string]float64{"drums": 0.8, "bass": 0.62, "chords": 0.5, "tune": 0.36, "texture": 0.22}
	first := map[string]part{}
	for _, p := range m.parts {
		if _, ok := first[p.role]; !ok {
			first[p.role] = p
		}
	}
	sections := min(max(24*Rate/m.length, 3), 5)
	entry := map[string]int{"chords": 0, "texture": 0, "drums": 1, "bass": 1, "tune": 2}
	if _, ok := first["chords"]; !ok {
		entry["drums"] = 0
	}
	s := silence(sections * m.length)
	for n := range sections {
		taken := map[string]int{}
		for _, p := range m.parts {
			// The second loop of a role takes turns with the first.
			turn := taken[p.role]
			taken[p.role]++
			count := 0
			for _, q := range m.parts {
				if q.role == p.role {
					count++
				}
			}
			if n < entry[p.role] || (n-entry[p.role])%count != turn {
				continue
			}
			s.add(p.sound, n*m.length, gains[p.role], 0)
		}
	}
	s.normalise(-2).drive(1.15)
	s.fadeOut(float64(m.length) / Rate * 0.4).normalise(-1)
	m.demoPath = fmt.Sprintf("Demo_%s_%g.wav", m.word, m.tempo)
	about := &Sound{Type: "one-shot", Tempo: m.tempo, Tags: []string{"demo"}}
	if slices.ContainsFunc(m.parts, func(p part) bool { return p.role == "chords" }) {
		about.Key = m.key.String()
		m.demoPath = fmt.Sprintf("Demo_%s_%s_%g.wav", m.word, m.key, m.tempo)
	}
	m.add(m.demoPath, s, 2, about)
}

// papers are what comes along: how it was made, as text and as a page to print.
func (m *maker) papers() {
	var counts [2]int
	for _, f := range m.files {
		if f.Sound != nil && f.Sound.Type == "loop" {
			counts[0]++
		} else if f.Sound != nil {
			counts[1]++
		}
	}
	lines := []string{
		m.word,
		fmt.Sprintf("Loops at %g BPM, in %s where they have a key.", m.tempo, m.key),
		fmt.Sprintf("%d loops and %d one-shots, 44.1 kHz, 24 bit.", counts[0], counts[1]),
		fmt.Sprintf("Every loop is %d bars long and turns without a gap.", m.bars),
		"Made entirely by synthesis: no recordings, no other packs.",
	}
	m.files = append(m.files,
		File{Path: "Read me.txt", Data: []byte(strings.Join(lines, "\r\n") + "\r\n")},
		File{Path: "Notes.pdf", Data: pdf(lines)})
}
