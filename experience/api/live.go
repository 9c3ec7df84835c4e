package api

// LiveEvent is one message of GET /live?topics=pack:{id},order:{id} (server-sent events; the event's name is Kind). It
// says that something has changed; the page reads anew what it shows.
type LiveEvent struct {
	Topic   string `json:"topic"`   // pack:<id> | order:<id>
	Kind    string `json:"kind"`    // pack | order
	Version string `json:"version"` // changes with every change
}
