package elastic

import (
	"crateful.dev/indexer/internal/search"
)

// object is a JSON object.
type object = map[string]any

// Fields of our own beside those of search.
const (
	fieldID    = "id"    // sorts where results are equal
	fieldScope = "scope" // kind of a live document; tombstones have none, so no search finds them
	fieldHead  = "head"  // the document without its fields and row
	fieldRow   = "row"
	// fieldVector is compared with every other one that passes the conditions: a fifth of a second in a million finds
	// exactly what is nearest, and costs nothing while documents are written.
	fieldVector = "vector"
)

// fillRefresh is how often a generation that nobody searches yet shows what was written, for its progress alone. Every second
// costs a seventh of the speed.
const fillRefresh = "30s"

// indexSettings make an index; search.Version counts their changes. Newer code meets an older index until it is rebuilt, so
// fields that the index does not know are kept and not searched.
func indexSettings() object {
	properties := object{
		fieldID:    object{"type": "keyword"},
		fieldScope: object{"type": "keyword"},
		fieldHead:  object{"type": "object", "enabled": false},
		fieldRow:   object{"type": "object", "enabled": false},
	}
	for _, f := range search.TextFields {
		properties[f] = object{"type": "text", "analyzer": "spaces", "norms": false} // search.Words has analysed it already
	}
	// Whoever types asks for the beginnings of words in names.
	for _, f := range []string{search.TextName, search.TextProducer} {
		properties[f] = object{"type": "text", "analyzer": "spaces", "norms": false, "index_prefixes": object{"min_chars": 1, "max_chars": 8}}
	}
	for _, f := range search.TermFields {
		properties[f] = object{"type": "keyword"}
	}
	for _, f := range []string{search.TermTag, search.TermProducerCard, search.TermPack} {
		properties[f] = object{"type": "keyword", "eager_global_ordinals": true} // else the first search after a write waits
	}
	properties[fieldVector] = object{
		"type": "dense_vector", "dims": search.VectorSize, "similarity": "l2_norm", "index": true, "index_options": object{"type": "flat"},
	}
	for _, f := range search.NumberFields {
		properties[f] = object{"type": "double"}
	}
	return object{
		"settings": object{
			"number_of_shards":     1,
			"auto_expand_replicas": "0-1",
			"refresh_interval":     fillRefresh,
			"max_result_window":    10_000,
			"analysis":             object{"analyzer": object{"spaces": object{"type": "custom", "tokenizer": "whitespace"}}},
		},
		"mappings": object{"dynamic": false, "properties": properties},
	}
}
