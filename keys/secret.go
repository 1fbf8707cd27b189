package keys

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
)

// Masked is what stands where a secret was.
const Masked = "•••"

// Secret is a value that prints as a mask. The zero Secret is empty.
type Secret struct{ value string }

// Confidential makes a secret of a value that came by another way than a reference.
func Confidential(value string) Secret { return Secret{value} }

// Reveal gives the value itself: for the one call that sends it, never for a message.
func (s Secret) Reveal() string { return s.value }

// Empty reports that there is no value.
func (s Secret) Empty() bool { return s.value == "" }

// String masks.
func (s Secret) String() string { return Masked }

// Format masks for every verb, %#v and %x among them.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Masked)) }

// MarshalText masks in JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Masked), nil }

// LogValue masks in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Masked) }

// IsReference reports whether a config value names a secret instead of being one.
func IsReference(value string) bool {
	kind, _, found := strings.Cut(value, ":")
	return found && sources[kind] != nil
}

// Resolve reads the secret that a config value refers to: env:NAME, file:PATH (only the owner may read it), keyring:NAME or cmd:COMMAND
// (run by /bin/sh, at most 30 s). Line ends after the value are cut. Errors name the reference and never the value.
func Resolve(ctx context.Context, ref string) (Secret, error) {
	kind, name, _ := strings.Cut(ref, ":")
	source, known := sources[kind]
	if !known || name == "" {
		return Secret{}, notAReference(ref)
	}
	value, err := source(ctx, name)
	if err != nil {
		return Secret{}, unresolved(ref, err)
	}
	value = strings.TrimRight(value, "\r\n")
	if value == "" {
		return Secret{}, unresolved(ref, errEmpty)
	}
	return Secret{value}, nil
}

// notAReference does not repeat what was written: it may be the secret itself.
func notAReference(ref string) error {
	on := "a secret in the config"
	if kind, _, found := strings.Cut(ref, ":"); found && sources[kind] != nil {
		on = kind + ":"
	}
	return &fault.Error{
		What: "secret not understood", On: on, Why: "it is not a reference",
		Next: "write env:NAME, file:PATH, keyring:NAME or cmd:COMMAND", Code: fault.Usage,
	}
}

func unresolved(ref string, err error) error {
	f := &fault.Error{What: "secret not available", On: ref, Code: fault.Usage}
	var s *sourceError
	if asSource(err, &s) {
		f.Why, f.Next = s.why, s.next
	}
	return f.Because(err)
}
