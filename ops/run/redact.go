package run

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// event makes an event with its data packed.
func event(t Type, step, state, detail string, data any) (Event, error) {
	ev := Event{Type: t, Step: step, State: state, Detail: detail}
	if data == nil {
		return ev, nil
	}
	packed, err := json.Marshal(data)
	if err != nil {
		return ev, fmt.Errorf("pack %s: %w", t, err)
	}
	ev.Data = packed
	return ev, nil
}

// redactJSON redacts the strings inside, not the text that carries them: a secret may be written with escapes there, and what replaces it
// must not break the quoting. What cannot be read is dropped rather than kept unredacted.
func redactJSON(data json.RawMessage, redact func(string) string) json.RawMessage {
	if len(data) == 0 {
		return data
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return nil
	}
	out, err := json.Marshal(redactTree(tree, redact))
	if err != nil {
		return nil
	}
	return out
}

func redactTree(node any, redact func(string) string) any {
	switch n := node.(type) {
	case string:
		return redact(n)
	case []any:
		for i := range n {
			n[i] = redactTree(n[i], redact)
		}
	case map[string]any:
		for k := range n {
			n[k] = redactTree(n[k], redact)
		}
	}
	return node
}
