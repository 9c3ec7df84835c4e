package events

// Kind is what a person did.
type Kind string

// Kinds of interaction.
const (
	KindView     Kind = "view"     // opened a pack or sound page
	KindPreview  Kind = "preview"  // played a sound
	KindLike     Kind = "like"     // put into "Liked"
	KindUnlike   Kind = "unlike"   // took it out again
	KindCart     Kind = "cart"     // put into the cart
	KindPurchase Kind = "purchase" // bought, or got for free
	KindDownload Kind = "download"
	KindFollow   Kind = "follow"
	KindUnfollow Kind = "unfollow"
)

// InteractionRecordedV1 is one act of a pseudonymous person towards a pack, a sound or a producer.
type InteractionRecordedV1 struct {
	PersonID   string `json:"person_id"`
	Kind       Kind   `json:"kind"`
	PackID     string `json:"pack_id,omitempty"`
	SoundID    string `json:"sound_id,omitempty"` // with PackID set too
	ProducerID string `json:"producer_id,omitempty"`
	From       string `json:"from,omitempty"` // of views: the list of recommendations it was opened from, one of Lists
	Demo       bool   `json:"demo,omitempty"` // made by the demo catalogue
}

// Lists are the lists of recommendations that something can be opened from.
func Lists() []string { return []string{"for_you", "because", "rising", "also_like"} }

// PersonMergedV1 says that From was the same person as Into, for example a visitor who signed in.
type PersonMergedV1 struct {
	From string `json:"from"`
	Into string `json:"into"`
}

// PersonWipedV1 says that everything a person did up to the event's time is to be forgotten.
type PersonWipedV1 struct {
	PersonID string `json:"person_id"`
}

// PersonMutedV1 is everything a person does not want to be recommended now, whole: of a person's the one with the largest
// revision counts, and person.wiped.v1 ends it.
type PersonMutedV1 struct {
	PersonID  string   `json:"person_id"`
	Packs     []string `json:"packs,omitempty"`
	Sounds    []string `json:"sounds,omitempty"`
	Producers []string `json:"producers,omitempty"`
	Because   []string `json:"because,omitempty"` // packs that are not to speak for others
	Reasons   []Reason `json:"reasons,omitempty"`
}

// Reason is the kind of evidence for a recommendation. People can mute each.
type Reason string

// Kinds of evidence.
const (
	ReasonTogether Reason = "bought_together" // people who care about one care about the other
	ReasonTaste    Reason = "taste"           // people of like taste care about it
	ReasonFeel     Reason = "same_feel"       // tempo, key, timbre
	ReasonGenre    Reason = "same_genre"
	ReasonTags     Reason = "same_tags"
	ReasonFollowed Reason = "followed" // by a producer one follows
	ReasonRising   Reason = "rising"   // many care about it lately
	ReasonNew      Reason = "new"      // on sale since a short while
)

// Reasons lists all of them.
func Reasons() []Reason {
	return []Reason{ReasonTogether, ReasonTaste, ReasonFeel, ReasonGenre, ReasonTags, ReasonFollowed, ReasonRising, ReasonNew}
}

func (InteractionRecordedV1) EventType() string { return "interaction.recorded.v1" }
func (PersonMergedV1) EventType() string        { return "person.merged.v1" }
func (PersonWipedV1) EventType() string         { return "person.wiped.v1" }
func (PersonMutedV1) EventType() string         { return "person.muted.v1" }
func (PersonMutedV1) Topic() string             { return TopicInteractions }
func (InteractionRecordedV1) Topic() string     { return TopicInteractions }
func (PersonMergedV1) Topic() string            { return TopicInteractions }
func (PersonWipedV1) Topic() string             { return TopicInteractions }
