// Package api is the contract of the indexer's HTTP interface: the search query in its one canonical, versioned form,
// what it answers, the trace of a listing and the state of a rebuild. It holds wire types and the query's codec and
// leaves how a search is answered to the indexer.
package api

// Routes. All but the health and metrics routes want a service token.
const (
	PathSearch   = "/v1/search"         // POST Query → Response
	PathSuggest  = "/v1/suggest"        // GET ?q=&size= → Suggestions
	PathLookup   = "/v1/lookup"         // POST Lookup → Rows
	PathTrace    = "/v1/trace/"         // GET {pack_id} → Trace
	PathReindex  = "/v1/reindex"        // GET → Reindex, POST StartReindex → Reindex, DELETE → Reindex
	PathVerify   = "/v1/reindex/verify" // POST StartReindex → Reindex
	PathRollback = "/v1/rollback"       // POST → Reindex
)

// Reasons in problem answers, beyond the general codes.
const (
	ReasonQueryInvalid    = "query_invalid"           // 400, with fields
	ReasonCursorInvalid   = "cursor_invalid"          // 400: of another query, or damaged
	ReasonReindexRunning  = "reindex_running"         // 409: one rebuild at a time
	ReasonNoReindex       = "no_reindex"              // 409: nothing to cancel
	ReasonNothingToReturn = "nothing_to_roll_back_to" // 409: the window has closed
	ReasonSearchDown      = "search_unavailable"      // 503: the engine does not answer
	ReasonNotIndexed      = "not_indexed"             // 404: no revision of this pack was indexed yet
)
