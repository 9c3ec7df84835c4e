package api

// LiveEvent is one message of GET /live?topics=pack:{id},order:{id},reindex:index (server-sent events; the event's name is Kind). It
// says that something has changed; the page reads anew what it shows.
type LiveEvent struct {
	Topic   string `json:"topic"`   // pack:<id> | order:<id> | reindex:index
	Kind    string `json:"kind"`    // pack | order | reindex
	Version string `json:"version"` // changes with every change
}
