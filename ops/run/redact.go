package run

import (
	"encoding/json"
	"fmt"

	"github.com/vmtui/vmtui/keys"
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

// redactJSON drops what cannot be read rather than keep it unredacted.
func redactJSON(data json.RawMessage, redact func(string) string) json.RawMessage {
	if len(data) == 0 {
		return data
	}
	if !json.Valid(data) {
		return nil
	}
	return keys.RedactJSON(data, redact)
}
