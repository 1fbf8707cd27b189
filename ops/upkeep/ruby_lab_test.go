//go:build lab

package upkeep

import (
	"os/exec"
	"strings"
	"testing"
)

// What is sent to Rails is Ruby.
func TestRuby(t *testing.T) {
	for name, text := range map[string]string{"origin": originRuby, "index": indexRuby, "tables": tablesRuby, "mode": modeRuby, "person": personRuby, "server": serverRuby} {
		cmd := exec.CommandContext(t.Context(), "ruby", "-c")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
