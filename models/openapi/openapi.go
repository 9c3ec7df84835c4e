// Package openapi holds the contract of models' REST door in parts, one per area, and puts them together.
package openapi

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"sort"

	"go.yaml.in/yaml/v3"
)

//go:generate go run ./merge ../openapi.yaml

//go:embed *.yaml
var parts embed.FS

// Document merges the parts: base.yaml first, then paths, schemas, parameters and responses of the others. A name that two
// parts define is an error.
func Document() ([]byte, error) {
	names, err := fs.Glob(parts, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list openapi parts: %w", err)
	}
	sort.Slice(names, func(i, j int) bool {
		if (names[i] == "base.yaml") != (names[j] == "base.yaml") {
			return names[i] == "base.yaml"
		}
		return names[i] < names[j]
	})
	var whole *yaml.Node
	for _, name := range names {
		raw, err := parts.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read openapi part %s: %w", name, err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(raw, &doc); err != nil {
			return nil, fmt.Errorf("parse openapi part %s: %w", name, err)
		}
		if len(doc.Content) == 0 {
			continue
		}
		if whole == nil {
			whole = doc.Content[0]
			continue
		}
		if err := merge(whole, doc.Content[0], name); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(whole); err != nil {
		return nil, fmt.Errorf("write openapi: %w", err)
	}
	return out.Bytes(), nil
}

// merge adds from's keys to into's; mappings are merged, lists joined, anything else defined twice refused.
func merge(into, from *yaml.Node, where string) error {
	if into.Kind == yaml.SequenceNode && from.Kind == yaml.SequenceNode {
		into.Content = append(into.Content, from.Content...)
		return nil
	}
	if into.Kind != yaml.MappingNode || from.Kind != yaml.MappingNode {
		return fmt.Errorf("openapi part %s defines again what another part has", where)
	}
next:
	for i := 0; i+1 < len(from.Content); i += 2 {
		key := from.Content[i]
		for j := 0; j+1 < len(into.Content); j += 2 {
			if into.Content[j].Value == key.Value {
				if err := merge(into.Content[j+1], from.Content[i+1], where+" "+key.Value); err != nil {
					return err
				}
				continue next
			}
		}
		into.Content = append(into.Content, key, from.Content[i+1])
	}
	return nil
}
