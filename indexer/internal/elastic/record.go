package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"crateful.dev/indexer/internal/search"
)

// Record implements search.Backend. The version is Elasticsearch's sequence number and primary term.
func (b *Backend) Record(ctx context.Context) (value []byte, version string, err error) {
	var doc struct {
		Found  bool  `json:"found"`
		SeqNo  int64 `json:"_seq_no"`
		Term   int64 `json:"_primary_term"`
		Source struct {
			Value json.RawMessage `json:"value"`
		} `json:"_source"`
	}
	err = b.admin(ctx, http.MethodGet, "/"+b.recordIndex()+"/_doc/record", nil, &doc)
	if isStatus(err, http.StatusNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read record: %w", err)
	}
	return doc.Source.Value, fmt.Sprintf("%d/%d", doc.SeqNo, doc.Term), nil
}

// SetRecord implements search.Backend. value must be JSON.
func (b *Backend) SetRecord(ctx context.Context, value []byte, version string) error {
	condition := "op_type=create"
	if version == "" {
		err := b.admin(ctx, http.MethodPut, "/"+b.recordIndex(), object{
			"settings": object{"number_of_shards": 1, "auto_expand_replicas": "0-1"},
			"mappings": object{"dynamic": "strict", "properties": object{"value": object{"type": "object", "enabled": false}}},
		}, nil)
		if err != nil && !strings.Contains(err.Error(), "resource_already_exists") {
			return fmt.Errorf("create record: %w", err)
		}
	} else {
		seq, primary, _ := strings.Cut(version, "/")
		s, err1 := strconv.ParseInt(seq, 10, 64)
		p, err2 := strconv.ParseInt(primary, 10, 64)
		if err1 != nil || err2 != nil {
			return fmt.Errorf("write record: %q is not a version", version)
		}
		condition = fmt.Sprintf("if_seq_no=%d&if_primary_term=%d", s, p)
	}
	err := b.admin(ctx, http.MethodPut, "/"+b.recordIndex()+"/_doc/record?"+condition, object{"value": json.RawMessage(value)}, nil)
	if isStatus(err, http.StatusConflict) {
		return fmt.Errorf("write record: %w", search.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}
