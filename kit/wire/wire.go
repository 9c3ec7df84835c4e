// Package wire reads and writes the JSON that services exchange. It does what encoding/json does, several times faster, by
// github.com/bytedance/sonic, but for what is encoded already: a json.RawMessage is checked and goes as it is. What strangers
// send is read by encoding/json, see httpx.Decode.
package wire

import "github.com/bytedance/sonic"

var api = sonic.Config{EscapeHTML: true, SortMapKeys: true, CopyString: true, ValidateString: true}.Froze()

// Marshal is json.Marshal.
func Marshal(v any) ([]byte, error) { return api.Marshal(v) }

// Unmarshal is json.Unmarshal.
func Unmarshal(data []byte, v any) error { return api.Unmarshal(data, v) }
