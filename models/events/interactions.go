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
	Demo       bool   `json:"demo,omitempty"` // made by the demo catalogue
}

// PersonMergedV1 says that From was the same person as Into, for example a visitor who signed in.
type PersonMergedV1 struct {
	From string `json:"from"`
	Into string `json:"into"`
}

// PersonWipedV1 says that everything a person did up to the event's time is to be forgotten.
type PersonWipedV1 struct {
	PersonID string `json:"person_id"`
}

func (InteractionRecordedV1) EventType() string { return "interaction.recorded.v1" }
func (PersonMergedV1) EventType() string        { return "person.merged.v1" }
func (PersonWipedV1) EventType() string         { return "person.wiped.v1" }
func (InteractionRecordedV1) Topic() string     { return TopicInteractions }
func (PersonMergedV1) Topic() string            { return TopicInteractions }
func (PersonWipedV1) Topic() string             { return TopicInteractions }
