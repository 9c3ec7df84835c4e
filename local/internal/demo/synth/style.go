package synth

// style is a kind of pack: where its tempo and key come from, and what is in it.
type style struct {
	slowest, fastest float64
	tonics           []int
	minor, rich      bool // rich harmony: sevenths and ninths
	build            func(m *maker)
}

var styles = map[string]style{
	"dusty":    {82, 92, []int{9, 2, 4, 7}, true, true, dusty},
	"house":    {120, 126, []int{9, 5, 0, 7}, true, true, house},
	"techno":   {130, 138, []int{5, 9, 2}, true, false, techno},
	"breaks":   {170, 175, []int{5, 6, 9}, true, true, breaks},
	"trap":     {138, 150, []int{1, 6, 9}, true, false, trap},
	"ambient":  {68, 78, []int{2, 4, 9}, true, true, ambient},
	"garden":   {94, 102, []int{0, 2, 7}, false, true, garden},
	"disco":    {112, 118, []int{9, 4, 7}, true, true, disco},
	"garage":   {130, 134, []int{0, 5, 10}, true, true, garage},
	"electro":  {124, 130, []int{4, 9, 2}, true, false, electro},
	"street":   {100, 108, []int{2, 7, 0}, false, true, street},
	"film":     {80, 92, []int{0, 2, 4}, true, false, film},
	"club":     {100, 112, []int{5, 0, 10}, false, true, jazzClub},
	"paper":    {104, 116, []int{0}, true, false, paperKit},
	"dubplate": {138, 142, []int{4, 5, 7}, true, false, dubplate},
}

func dusty(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(120, 52, 0.28, 0.25, 0.35), 2, "dusty", "lo-fi")
	m.hits("Snares", "Snare", "snare", snare(185, 0.16, 2600, 0.5), 2, "dusty", "lo-fi")
	m.hits("Hats", "Hat", "hat", closedHat(0.9), 2, "closed", "lo-fi")
	m.hits("Hats", "OpenHat", "hat", openHat(0.85), 1, "open")
	m.hits("Percussion", "Rim", "percussion", rim(), 1, "rimshot")
	m.tones("Bass", "Sub", "bass", sub(0.25), 33, 1.1, []int{0}, "sub", "warm")
	m.chordHit("Rhodes_Chord", "keys", rhodes(0.7), 57, 1.2, "rhodes", "warm")
	m.drums("Drums_Lazy", 0.6, 0.12,
		m.on("Kick", "X......x..X.....X..x...x..X.....", 1, 0), m.on("Snare", "....X.......X.......X.......X..o", 0.8, 0),
		m.on("Hat", "x.o.x.o.x.o.x.oo", 0.32, 0.2), m.on("OpenHat", "..............x.", 0.22, 0.25), m.on("Rim", ".......o..o.....", 0.3, -0.3))
	m.played("chords", "Rhodes", "keys", comp(m.turn, m.key, 57, m.each, dustyComp(m), 0.58), rhodes(1), func(s sound) {
		s.chorus(0.6, 0.35)
		s.lowpass(4200, 0.7)
		s.reverb(0.9, 0.6, 0.14)
	}, "rhodes", "warm", "dusty")
	m.played("bass", "Bass_Round", "bass", bassLine(m.turn, m.key, 31, m.each, dustyBass(m), "rrf", 0.58), rubber(0.7), nil, "warm", "round")
	m.played("tune", "Felt_Piano", "piano", arpeggio(m.turn, m.key, 69, m.each, "x..o..x.", []int{2, 4, 3, 5, 1, 3}, 0.58), piano(), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.4, 0.3)
		s.reverb(1.2, 0.5, 0.2)
	}, "felt", "melody", "soft")
	m.loop("texture", "Vinyl_Crackle", "texture", crackle(m.length, m.chance("vinyl")), "vinyl", "noise")
}

func dustyComp(m *maker) string {
	if m.each == 2 {
		return "X--x----"
	}
	return "X---..x-----x---"
}

func dustyBass(m *maker) string {
	if m.each == 2 {
		return "X-.x--o-"
	}
	return "X---..x-x--o..x-"
}

func house(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(190, 48, 0.3, 0.5, 0.5), 2, "four to the floor", "punchy")
	m.hits("Claps", "Clap", "clap", clap(1300, 0.2), 2, "roomy")
	m.hits("Hats", "Hat", "hat", closedHat(1.05), 1, "closed", "crisp")
	m.hits("Hats", "OpenHat", "hat", openHat(1), 2, "open", "crisp")
	m.hits("Percussion", "Conga", "percussion", congaHigh(), 1, "conga")
	m.hits("Percussion", "Shaker", "percussion", shaker(0.06), 1, "shaker")
	m.tones("Bass", "Organ_Bass", "bass", organ([]float64{0.5, 1, 0.3, 0.2}), 33, 0.5, []int{0, 7}, "organ", "deep")
	m.chordHit("Stab", "synth", stab(3400), 57, 0.3, "stab", "classic")
	m.drums("Drums_Floor", 0.53, 0.08,
		m.on("Kick", "X...X...X...X...", 1, 0), m.on("Clap", "....X.......X...", 0.6, 0), m.on("OpenHat", "..x...x...x...x.", 0.32, 0.1),
		m.on("Hat", "x.ox..ox..ox.oox", 0.2, -0.2), m.on("Shaker", "oxoxoxoxoxoxoxox", 0.18, 0.35), m.on("Conga", "..o..x....o..x.x", 0.3, -0.35))
	m.drums("Top_Loop", 0.53, 0.1, m.on("OpenHat", "..x...x...x...x.", 0.5, 0.1), m.on("Hat", "x.ox..ox..ox.oox", 0.35, -0.2),
		m.on("Shaker", "oxoxoxoxoxoxoxox", 0.3, 0.35), m.on("Conga", "..o..x....o..x.x", 0.55, -0.35))
	m.played("chords", "Organ_Stabs", "organ", comp(m.turn, m.key, 58, m.each, "X-.x--..x-..x-..", 0.53), organ([]float64{0.3, 1, 0.5, 0.4, 0.2}), func(s sound) {
		s.duck(m.beats(), 0.5)
		s.reverb(0.8, 0.4, 0.16)
	}, "organ", "stab", "classic")
	m.played("bass", "Bass_Bounce", "bass", bassLine(m.turn, m.key, 33, m.each, "..x-..x-..x-.xo-", "rrorf", 0.53), rubber(1), nil, "bouncy", "round")
	m.played("tune", "Marimba_Hook", "mallet", arpeggio(m.turn, m.key, 69, m.each, "x..x..x...o.x...", []int{0, 2, 4, 3, 1}, 0.53), mallet(), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.45, 0.35)
		s.reverb(1, 0.4, 0.2)
	}, "marimba", "hook")
}

func techno(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(240, 46, 0.34, 0.7, 0.95), 3, "hard", "driven")
	m.hits("Claps", "Clap", "clap", clap(1700, 0.12), 1, "dry")
	m.hits("Hats", "Hat", "hat", closedHat(1.2), 1, "closed", "metallic")
	m.hits("Hats", "OpenHat", "hat", openHat(1.25), 1, "open", "metallic")
	m.hits("Cymbals", "Ride", "cymbal", ride(1.1), 1, "ride")
	m.hits("Percussion", "Block", "percussion", block(), 1, "wood")
	m.tones("Bass", "Acid", "bass", acid(420, 6), 33, 0.5, []int{0, 3}, "acid", "303")
	m.scenes("Riser", "riser", riser(2), 1, "noise", "tension")
	m.drums("Drums_Warehouse", 0.5, 0.14,
		m.on("Kick", "X...X...X...X...", 1, 0), m.on("OpenHat", "..x...x...x...x.", 0.34, 0), m.on("Hat", "oooooooooooooooo", 0.18, 0.2),
		m.on("Clap", "............x...", 0.4, 0), m.on("Block", "...o..x....o..o.", 0.3, -0.4), m.on("Ride", "..o...o...o...o.", 0.18, 0.3))
	m.drums("Rumble", 0.5, 0.5, m.on("Kick", "X.ooX.ooX.ooX.oo", 1, 0))
	m.played("bass", "Acid_Line", "bass", bassLine(m.turn, m.key, 33, m.each, "x.xX.xx.x.Xx.xox", "rroorsrfrr", 0.5), acid(360, 7), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.4, 0.22)
	}, "acid", "303", "hypnotic")
	m.played("chords", "Dub_Chord", "synth", comp(m.turn, m.key, 58, m.each, "..X.............", 0.5), stab(1900), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.62, 0.7)
		s.reverb(2.2, 0.5, 0.35)
	}, "dub", "deep")
	m.played("tune", "Sequence", "synth", arpeggio(m.turn[:1], m.key, 69, m.each*4, "x.x.xx.x", []int{0, 1, 0, 2, 4, 1}, 0.5), square(0.3, 1500), func(s sound) {
		s.duck(m.beats(), 0.4)
		s.echo(60/m.tempo*0.5, 0.35, 0.25)
	}, "sequence", "hypnotic")
}

func breaks(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(210, 58, 0.2, 0.6, 0.7), 2, "tight")
	m.hits("Snares", "Snare", "snare", snare(210, 0.19, 3800, 0.8), 3, "cracking")
	m.hits("Hats", "Hat", "hat", closedHat(1.1), 1, "closed")
	m.hits("Cymbals", "Ride", "cymbal", ride(1), 1, "ride")
	m.hits("Percussion", "Ghost", "snare", brush(), 1, "ghost note")
	m.tones("Bass", "Reese", "bass", reese(520, 2.2), 29, 1.3, []int{0, 10}, "reese", "dark")
	m.tones("Bass", "Sub", "bass", sub(0.1), 29, 1, []int{0}, "sub", "clean")
	m.drums("Break_Roller", 0.5, 0.1,
		m.on("Kick", "X.........X.....X..X......X.....", 1, 0), m.on("Snare", "....X.......X.......X.......X...", 0.85, 0),
		m.on("Ghost", ".......o.o.....o.......o.o...o.o", 0.5, 0.1), m.on("Hat", "x.x.x.x.x.x.x.x.", 0.3, 0.25), m.on("Ride", "..o...o...o...o.", 0.18, -0.3))
	m.drums("Break_Chopped", 0.52, 0.16,
		m.on("Kick", "X.X.......XX....X.X.......X..X..", 1, 0), m.on("Snare", "....X..o.o..X..o....X..o.o..o.Xx", 0.8, 0),
		m.on("Hat", "xoxoxoxoxoxoxoxo", 0.25, 0.2))
	m.played("bass", "Reese_Long", "bass", bassLine(m.turn, m.key, 29, m.each, "X-----------x---", "rf", 0.5), reese(430, 1.45), nil, "reese", "dark")
	m.played("chords", "Pad_Dawn", "pad", comp(m.turn, m.key, 60, m.each, "X---------------", 0.5), pad(2400, 0.25, 0.3), func(s sound) {
		s.chorus(0.3, 0.4)
		s.reverb(2.2, 0.4, 0.35)
	}, "pad", "liquid", "wide")
	m.played("tune", "Keys_Run", "keys", arpeggio(m.turn, m.key, 69, m.each, "x..o..x...x.o...", []int{0, 2, 3, 4, 2, 5}, 0.5), rhodes(1), func(s sound) {
		s.echo(60/m.tempo*1.5, 0.45, 0.4)
		s.reverb(1.6, 0.4, 0.25)
	}, "rhodes", "liquid")
}

func trap(m *maker) {
	m.hits("808", "808", "bass", func(c *chance) sound { return boom(0.8)(note{m.key.low(28), 1.3, 1}, c) }, 1, "808", "long")
	m.hits("Kicks", "Kick", "kick", kick(200, 55, 0.18, 0.8, 0.8), 2, "short", "punchy")
	m.hits("Snares", "Snare", "snare", snare(230, 0.15, 4600, 0.4), 2, "bright")
	m.hits("Claps", "Clap", "clap", clap(1500, 0.16), 1, "wide")
	m.hits("Hats", "Hat", "hat", closedHat(1.35), 2, "closed", "sharp")
	m.hits("Hats", "OpenHat", "hat", openHat(1.3), 1, "open")
	m.tones("Bells", "Bell", "mallet", glass(3.5, 1.2, 1.5), 72, 0.6, []int{0, 7}, "bell", "icy")
	m.drums("Drums_Night", 0.5, 0.06,
		m.on("Kick", "X.......x.X.....X....X....X.....", 1, 0), m.on("Snare", "........X...............X.......", 0.8, 0),
		m.on("Clap", "........x...............x.......", 0.4, 0.1), m.on("Hat", "x.x.x.xxx.x.xxxxx.x.x.xoxoxox.x.", 0.34, 0.15),
		m.on("OpenHat", "..............x.................", 0.3, -0.2))
	m.drums("Hat_Roll", 0.5, 0.05, m.on("Hat", "x.xxx.x.xxxxoooox.x.xoxoX.XXxoxo", 0.8, 0.1), m.on("OpenHat", "......x...............x.........", 0.4, -0.2))
	m.played("bass", "808_Slide", "bass", bassLine(m.turn, m.key, 28, m.each, "X-----..x-..x---", "rrf", 0.5), boom(0.7), nil, "808", "heavy")
	m.played("tune", "Bells_Cold", "mallet", arpeggio(m.turn, m.key, 72, m.each, "x..x..x.x..o..x.", []int{4, 2, 1, 3, 0}, 0.5), glass(3.5, 1.4, 1.4), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.5, 0.4)
		s.reverb(1.8, 0.35, 0.3)
	}, "bells", "cold", "melody")
	m.played("chords", "Choir_Pad", "pad", comp(m.turn, m.key, 57, m.each, "X---------------", 0.5), pad(1200, 0.2, 0.25), func(s sound) {
		s.chorus(0.5, 0.6)
		s.reverb(2.4, 0.5, 0.4)
	}, "pad", "dark")
}

func ambient(m *maker) {
	m.tones("Glass", "Glass", "mallet", glass(2.76, 0.8, 1.9), 69, 0.9, []int{0, 3, 7, 10}, "glass", "struck")
	m.tones("Pads", "Pad", "pad", pad(1600, 0.25, 0.22), 57, 0.7, []int{0, 7}, "soft")
	m.hits("Percussion", "Triangle", "percussion", triangle(), 1, "metal", "ringing")
	m.scenes("Swell", "texture", riser(1.9), 1, "swell")
	m.scenes("Downfall", "fx", fall(1.8), 1, "sweep")
	m.played("chords", "Pad_Horizon", "pad", comp(m.turn, m.key, 57, m.each, hold(m), 0.5), pad(1900, 0.5, 0.5), func(s sound) {
		s.chorus(0.2, 0.5)
		s.reverb(2.8, 0.45, 0.5)
	}, "pad", "slow", "wide")
	m.played("tune", "Glass_Garden", "mallet", arpeggio(m.turn, m.key, 72, m.each, "x....o..", []int{0, 3, 1, 4, 2}, 0.5), glass(2.76, 0.9, 1.8), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.6, 0.55)
		s.reverb(2.8, 0.35, 0.5)
	}, "glass", "sparse")
	m.played("tune", "Felt_Far", "piano", arpeggio(m.turn, m.key, 62, m.each, "x--.o--.", []int{1, 3, 2, 0, 4}, 0.5), piano(), func(s sound) {
		s.echo(60/m.tempo*1.5, 0.5, 0.4)
		s.reverb(2.8, 0.5, 0.5)
	}, "felt", "distant")
	m.loop("bass", "Drone_Low", "pad", drone(m.length, []float64{m.key.low(33), m.key.low(33) + 7, m.key.low(45)}, m.chance("drone")), "drone", "low")
	m.loop("texture", "Rain_Window", "texture", rain(m.length, m.chance("rain")), "rain", "noise")
	m.loop("texture", "Tape_Hiss", "texture", crackle(m.length, m.chance("tape")), "tape", "noise")
}

// hold is one chord for as long as it lasts.
func hold(m *maker) string {
	if m.each == 2 {
		return "X-------"
	}
	return "X---------------"
}

func garden(m *maker) {
	m.hits("Percussion", "Conga_Low", "percussion", congaLow(), 2, "conga", "hand")
	m.hits("Percussion", "Conga_High", "percussion", congaHigh(), 1, "conga", "hand")
	m.hits("Percussion", "Shaker", "percussion", shaker(0.08), 2, "shaker")
	m.hits("Percussion", "Block", "percussion", block(), 1, "wood")
	m.hits("Kicks", "Kick", "kick", kick(110, 50, 0.32, 0.15, 0.15), 1, "soft")
	m.hits("Percussion", "Rim", "percussion", rim(), 1, "rimshot")
	m.tones("Plucks", "Kalimba", "mallet", mallet(), 72, 0.6, []int{0, 4, 7}, "kalimba", "wooden")
	m.drums("Percs_Garden", 0.56, 0.15,
		m.on("Kick", "X.......X..x....", 0.9, 0), m.on("Conga_Low", "..x..o..x..o..x.", 0.55, -0.25), m.on("Conga_High", ".....x.x.....x.x", 0.45, 0.25),
		m.on("Shaker", "xoxoxoxoxoxoxoxo", 0.28, 0.4), m.on("Rim", "....x.......x...", 0.4, 0), m.on("Block", "..........o..o..", 0.25, -0.5))
	m.played("chords", "String_Plucks", "pluck", comp(m.turn, m.key, 60, m.each, pluckComp(m), 0.56), plucked(0.6, 1.6), func(s sound) {
		s.reverb(1.1, 0.45, 0.2)
	}, "nylon", "plucked", "sunny")
	m.played("tune", "Kalimba_Walk", "mallet", arpeggio(m.turn, m.key, 72, m.each, "x.xo.x.x", []int{0, 2, 4, 1, 3, 5}, 0.56), mallet(), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.4, 0.3)
		s.reverb(1.2, 0.4, 0.2)
	}, "kalimba", "sunny")
	m.played("bass", "Bass_String", "bass", bassLine(m.turn, m.key, 36, m.each, dustyBass(m), "rfr", 0.56), plucked(0.25, 1.4), nil, "upright", "plucked")
	m.played("chords", "Pad_Shade", "pad", comp(m.turn, m.key, 60, m.each, hold(m), 0.5), pad(1500, 0.3, 0.35), func(s sound) { s.reverb(2, 0.5, 0.35) }, "pad", "soft")
}

func pluckComp(m *maker) string {
	if m.each == 2 {
		return "x-.o-x--"
	}
	return "x-.o-x..x-.o-x.."
}

func disco(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(150, 54, 0.22, 0.45, 0.3), 2, "dry")
	m.hits("Snares", "Snare", "snare", snare(200, 0.17, 3200, 0.3), 2, "tight")
	m.hits("Hats", "Hat", "hat", closedHat(1), 1, "closed")
	m.hits("Hats", "OpenHat", "hat", openHat(1.05), 1, "open")
	m.hits("Percussion", "Cowbell", "percussion", cowbell(), 1, "cowbell")
	m.hits("Percussion", "Tambourine", "percussion", tambourine(), 1, "tambourine")
	m.hits("Toms", "Tom", "tom", tom(45), 2, "disco tom")
	m.drums("Drums_Mirrorball", 0.5, 0.1,
		m.on("Kick", "X...X...X...X...", 1, 0), m.on("Snare", "....X.......X..o", 0.75, 0), m.on("OpenHat", "..X...X...X...X.", 0.34, 0.15),
		m.on("Hat", "xo.oxo.oxo.oxo.o", 0.25, 0.2), m.on("Tambourine", "....x.......x...", 0.3, -0.3), m.on("Cowbell", "x..x..x.x..x..x.", 0.13, 0.35))
	m.played("bass", "Bass_Octaves", "bass", bassLine(m.turn, m.key, 33, m.each, "X.x.X.x.X.x.X.xo", "rororofo", 0.5), plucked(0.5, 0.9), nil, "octaves", "slap")
	m.played("chords", "Clav_Funk", "keys", comp(m.turn, m.key, 60, m.each, "x.xo.xo.x.o.xo.x", 0.5), plucked(1, 0.25), func(s sound) {
		s.chorus(1.1, 0.3)
		s.reverb(0.5, 0.4, 0.1)
	}, "clav", "funky")
	m.played("chords", "Strings_Rise", "strings", comp(m.turn, m.key, 67, m.each, hold(m), 0.5), pad(3600, 0.12, 0.2), func(s sound) {
		s.chorus(0.7, 0.6)
		s.reverb(1.6, 0.35, 0.28)
	}, "strings", "lush")
	m.played("tune", "Lead_Satin", "lead", arpeggio(m.turn, m.key, 69, m.each, "x-..x-x-..x-x---", []int{2, 3, 4, 2, 1}, 0.5), square(0.42, 2600), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.35, 0.25)
		s.reverb(1, 0.4, 0.15)
	}, "lead", "smooth")
}

func garage(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(170, 52, 0.2, 0.6, 0.5), 2, "knocking")
	m.hits("Snares", "Snare", "snare", snare(240, 0.13, 4200, 0.5), 2, "snappy")
	m.hits("Percussion", "Rim", "percussion", rim(), 1, "rimshot")
	m.hits("Hats", "Hat", "hat", closedHat(1.2), 2, "closed", "shuffled")
	m.hits("Percussion", "Block", "percussion", block(), 1, "wood")
	m.tones("Bass", "Sub", "bass", sub(0.4), 33, 0.8, []int{0, 5}, "sub", "warm")
	m.chordHit("Chord_Stab", "synth", stab(4200), 60, 0.25, "stab", "2-step")
	m.drums("Drums_2Step", 0.62, 0.08,
		m.on("Kick", "X.........X.....X..x......X.....", 1, 0), m.on("Snare", "....X.......X...", 0.7, 0), m.on("Rim", ".......o..x...o.", 0.4, -0.2),
		m.on("Hat", "..x.x.xo..x.x.xo", 0.36, 0.2), m.on("Block", ".x...o.....x....", 0.25, 0.4))
	m.drums("Drums_Skip", 0.64, 0.1,
		m.on("Kick", "X..x......X.....X.....x...X..x..", 1, 0), m.on("Snare", "....X.......X......oX.......X..o", 0.7, 0), m.on("Hat", "x.xox.xox.xox.xo", 0.3, 0.2))
	m.played("bass", "Bass_Wobble", "bass", bassLine(m.turn, m.key, 33, m.each, "X-..x-.x..x--.o-", "rrofr", 0.62), reese(700, 3.1), nil, "wobble", "2-step")
	m.played("chords", "Organ_Skip", "organ", comp(m.turn, m.key, 60, m.each, "..x-..x-.x..x-..", 0.62), organ([]float64{0.2, 1, 0.6, 0.3}), func(s sound) {
		s.duck(m.beats(), 0.35)
		s.reverb(0.7, 0.4, 0.15)
	}, "organ", "2-step")
	m.played("tune", "Pluck_Skip", "pluck", arpeggio(m.turn, m.key, 72, m.each, "x..x.ox...x.o.x.", []int{4, 2, 3, 0, 1}, 0.62), plucked(0.9, 0.6), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.45, 0.35)
	}, "pluck", "bright")
}

func electro(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(160, 46, 0.5, 0.5, 0.4), 2, "808", "long")
	m.hits("Snares", "Snare", "snare", snare(190, 0.2, 3000, 0.6), 2, "machine")
	m.hits("Claps", "Clap", "clap", clap(1100, 0.18), 1, "machine")
	m.hits("Hats", "Hat", "hat", closedHat(1.1), 1, "closed")
	m.hits("Hats", "OpenHat", "hat", openHat(1.1), 1, "open")
	m.hits("Percussion", "Cowbell", "percussion", cowbell(), 1, "cowbell", "808")
	m.hits("Toms", "Tom", "tom", tom(40), 1, "machine")
	m.tones("Leads", "Square", "lead", square(0.5, 2800), 57, 0.6, []int{0, 3, 7}, "square", "retro")
	m.drums("Drums_Robot", 0.5, 0.08,
		m.on("Kick", "X.....X...x.....X..x..X...x.....", 1, 0), m.on("Snare", "....X.......X...", 0.75, 0), m.on("Clap", "............x...", 0.35, 0.2),
		m.on("Hat", "x.xxx.x.x.xxx.xx", 0.3, 0.15), m.on("Cowbell", "..x..x....x..x..", 0.2, -0.35), m.on("Tom", "..............xx", 0.4, 0.3))
	m.played("bass", "Bass_Circuit", "bass", bassLine(m.turn, m.key, 33, m.each, "X.xx.xX.x.xx.xox", "rrorrsro", 0.5), acid(620, 2.2), nil, "sequenced", "analogue")
	m.played("chords", "Strings_Machine", "strings", comp(m.turn, m.key, 60, m.each, hold(m), 0.5), pad(2600, 0.1, 0.2), func(s sound) {
		s.chorus(0.8, 0.7)
		s.reverb(1.4, 0.4, 0.25)
	}, "string machine", "retro")
	m.played("tune", "Arp_Circuit", "synth", arpeggio(m.turn, m.key, 69, m.each, "xoxoxoxoxoxoxoxo", []int{0, 1, 2, 3, 4, 3, 2, 1}, 0.5), square(0.25, 2200), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.4, 0.28)
	}, "arpeggio", "retro")
}

func street(m *maker) {
	m.hits("Percussion", "Conga_Low", "percussion", congaLow(), 2, "conga")
	m.hits("Percussion", "Conga_High", "percussion", congaHigh(), 2, "conga")
	m.hits("Percussion", "Bongo", "percussion", bongo(), 2, "bongo")
	m.hits("Percussion", "Cowbell", "percussion", cowbell(), 1, "cowbell")
	m.hits("Percussion", "Shaker", "percussion", shaker(0.07), 1, "shaker")
	m.hits("Percussion", "Clave", "percussion", block(), 1, "clave")
	m.hits("Percussion", "Tambourine", "percussion", tambourine(), 1, "tambourine")
	m.drums("Percs_Street", 0.52, 0.16,
		m.on("Clave", "x..x..x...x.x...", 0.45, -0.4), m.on("Conga_Low", "......xx......xx", 0.6, -0.15), m.on("Conga_High", "..x.x...x.x.....", 0.55, 0.2),
		m.on("Bongo", "xoxxxoxoxoxxxoxo", 0.3, 0.4), m.on("Cowbell", "x...x...x...x...", 0.2, 0.1), m.on("Shaker", "oxoxoxoxoxoxoxox", 0.25, -0.3))
	m.drums("Percs_Night_Walk", 0.52, 0.2,
		m.on("Conga_Low", "x.....x.x.....x.", 0.6, -0.2), m.on("Conga_High", "...x.x.....x.x..", 0.5, 0.25), m.on("Tambourine", "....x.......x...", 0.3, 0.3),
		m.on("Shaker", "xoxoxoxoxoxoxoxo", 0.25, -0.3))
	m.played("chords", "Piano_Montuno", "piano", comp(m.turn, m.key, 60, m.each, pluckComp(m), 0.52), piano(), func(s sound) { s.reverb(0.8, 0.4, 0.15) }, "montuno", "piano")
	m.played("bass", "Bass_Tumbao", "bass", bassLine(m.turn, m.key, 33, m.each, tumbao(m), "rfo", 0.52), plucked(0.3, 1.1), nil, "tumbao", "upright")
	m.played("tune", "Marimba_Street", "mallet", arpeggio(m.turn, m.key, 69, m.each, "x.ox.x.o", []int{0, 2, 1, 3, 4, 2}, 0.52), mallet(), func(s sound) { s.reverb(1, 0.4, 0.2) }, "marimba")
}

func tumbao(m *maker) string {
	if m.each == 2 {
		return "...x--x-"
	}
	return "......x---..x---"
}

func film(m *maker) {
	m.scenes("Impact", "impact", impact(38), 2, "deep", "trailer")
	m.scenes("Riser", "riser", riser(2), 2, "tension")
	m.scenes("Downfall", "fx", fall(1.9), 1, "sweep")
	m.hits("Toms", "Taiko", "tom", tom(36), 3, "taiko", "big")
	m.tones("Strings", "Low_String", "strings", pad(900, 0.12, 0.2), 38, 1.2, []int{0, 8}, "dark")
	m.drums("Taikos_March", 0.5, 0.45, m.on("Taiko", "X..x..x.X..xX.xx", 1, 0))
	m.played("chords", "Strings_Slow", "strings", comp(m.turn, m.key, 55, m.each, hold(m), 0.5), pad(1500, 0.3, 0.3), func(s sound) {
		s.chorus(0.4, 0.5)
		s.reverb(2.6, 0.45, 0.45)
	}, "strings", "slow")
	m.played("tune", "Pulse_Tension", "synth", arpeggio(m.turn, m.key, 57, m.each, "xoxoxoxo", []int{0, 0, 1, 0, 2, 0}, 0.5), square(0.5, 900), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.45, 0.3)
		s.reverb(2, 0.4, 0.3)
	}, "pulse", "tension")
	m.loop("bass", "Drone_Dark", "pad", drone(m.length, []float64{m.key.low(26), m.key.low(38), m.key.low(38) + 3}, m.chance("drone")), "drone", "dark")
	m.loop("texture", "Storm_Air", "texture", rain(m.length, m.chance("storm")), "weather", "noise")
}

func jazzClub(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(100, 56, 0.24, 0.2, 0.1), 1, "acoustic", "soft")
	m.hits("Snares", "Brush", "snare", brush(), 3, "brush", "soft")
	m.hits("Cymbals", "Ride", "cymbal", ride(0.9), 2, "ride", "dark")
	m.hits("Hats", "Hat", "hat", closedHat(0.8), 1, "pedal")
	m.hits("Percussion", "Rim", "percussion", rim(), 1, "cross stick")
	m.tones("Bass", "Upright", "bass", plucked(0.3, 1.8), 33, 1.1, []int{0, 5, 7}, "upright", "wood")
	m.drums("Brushes_Late", 0.66, 0.2,
		m.on("Kick", "o.......o.......", 0.6, 0), m.on("Brush", "..o.x.o...o.x.oo", 0.7, 0.1), m.on("Ride", "x...x.xox...x.xo", 0.4, 0.25), m.on("Hat", "....x.......x...", 0.3, -0.25))
	m.played("chords", "Piano_Comp", "piano", comp(m.turn, m.key, 57, m.each, dustyComp(m), 0.66), piano(), func(s sound) { s.reverb(1, 0.45, 0.2) }, "comping", "piano")
	m.played("chords", "Rhodes_Late", "keys", comp(m.turn, m.key, 60, m.each, hold(m), 0.66), rhodes(0.8), func(s sound) {
		s.chorus(0.8, 0.3)
		s.reverb(1.1, 0.5, 0.2)
	}, "rhodes", "late night")
	m.played("bass", "Upright_Walk", "bass", bassLine(m.turn, m.key, 33, m.each, "x---x---", "rfos", 0.66), plucked(0.3, 1.6), nil, "walking", "upright")
	m.played("tune", "Vibes_Solo", "mallet", arpeggio(m.turn, m.key, 67, m.each, "x..ox.x...o.x...", []int{2, 4, 3, 5, 1, 0}, 0.66), glass(4, 0.35, 1.2), func(s sound) { s.reverb(1.3, 0.4, 0.25) }, "vibraphone", "solo")
}

func paperKit(m *maker) {
	m.hits("Kicks", "Kick_Box", "kick", kick(95, 60, 0.16, 0.5, 0), 2, "box", "dry")
	m.hits("Snares", "Snare_Paper", "snare", brush(), 3, "paper", "dry")
	m.hits("Claps", "Snap", "clap", clap(2300, 0.07), 2, "fingers")
	m.hits("Hats", "Hat_Foil", "hat", metal(1.9, 0.014, 0.1, 8200, 0.8, 0.0004), 2, "foil")
	m.hits("Percussion", "Tin", "percussion", struck(820, []float64{1, 1.41, 2.2}, []float64{0.05, 0.07, 0.03}, 0.6), 2, "tin", "found")
	m.hits("Percussion", "Cup", "percussion", struck(640, []float64{1, 2.76}, []float64{0.06, 0.03}, 0.4), 2, "cup", "found")
	m.hits("Percussion", "Rice", "percussion", shaker(0.05), 1, "shaker", "found")
	m.drums("Desk_Groove", 0.57, 0.05,
		m.on("Kick_Box", "X..x..x...X.....", 1, 0), m.on("Snare_Paper", "....X.......X..o", 0.8, 0), m.on("Hat_Foil", "x.xox.xox.xox.xo", 0.35, 0.3),
		m.on("Tin", "..........o..x..", 0.4, -0.4), m.on("Cup", "...o..x.........", 0.4, 0.4), m.on("Rice", "oxoxoxoxoxoxoxox", 0.25, -0.2))
	m.drums("Desk_Break", 0.5, 0.05,
		m.on("Kick_Box", "X.....X.X.......", 1, 0), m.on("Snare_Paper", "....X..o.o..X...", 0.8, 0), m.on("Snap", "............x..x", 0.5, 0.2), m.on("Tin", "x..x..x.x..x..x.", 0.25, -0.3))
}

func dubplate(m *maker) {
	m.hits("Kicks", "Kick", "kick", kick(180, 44, 0.4, 0.5, 0.7), 2, "heavy")
	m.hits("Snares", "Snare", "snare", snare(170, 0.28, 2800, 0.7), 2, "roomy")
	m.hits("Hats", "Hat", "hat", closedHat(1), 1, "closed")
	m.hits("Percussion", "Rim", "percussion", rim(), 1, "rimshot")
	m.tones("Bass", "Growl", "bass", reese(900, 5), 29, 1.1, []int{0, 7}, "growl", "heavy")
	m.tones("Bass", "Sub", "bass", sub(0.15), 29, 1.3, []int{0}, "sub", "deep")
	m.scenes("Siren", "fx", riser(1.6), 1, "siren", "sound system")
	m.drums("Drums_Half", 0.5, 0.22,
		m.on("Kick", "X.........x.....X.....x.....x...", 1, 0), m.on("Snare", "........X...............X.......", 0.9, 0), m.on("Hat", "x..x..x.x..x..o.", 0.3, 0.2), m.on("Rim", "......o......o..", 0.35, -0.3))
	m.played("bass", "Wobble_Half", "bass", bassLine(m.turn, m.key, 29, m.each, "X-----x-----x---", "rrf", 0.5), reese(650, m.tempo/60), nil, "wobble", "heavy")
	m.played("chords", "Dub_Skank", "organ", comp(m.turn, m.key, 60, m.each, "....x.......x...", 0.5), organ([]float64{0, 1, 0.4, 0.5, 0.3}), func(s sound) {
		s.echo(60/m.tempo*0.75, 0.6, 0.6)
		s.reverb(1.6, 0.5, 0.25)
	}, "skank", "dub")
	m.played("tune", "Melodica", "lead", arpeggio(m.turn, m.key, 67, m.each, "x---..x-x---....", []int{0, 2, 1, 3}, 0.5), square(0.2, 1800), func(s sound) {
		s.echo(60/m.tempo*1.5, 0.55, 0.45)
		s.reverb(1.8, 0.5, 0.25)
	}, "melodica", "dub")
}
