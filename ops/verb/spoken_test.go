package verb

import "testing"

func TestARecordIsSaidAsTheOperatorSaysIt(t *testing.T) {
	for recorded, want := range map[string]string{
		"cache/purge": "purge", "tootctl/run": "tootctl", "exec/command": "exec", "sidekiq/park": "sidekiq park", "sidekiq/put back": "sidekiq put-back",
		"hold/clear": "hold clear", "worker-reimage": "worker-reimage",
	} {
		if got := Spoken(recorded); got != want {
			t.Errorf("%s is said as %q, want %q", recorded, got, want)
		}
	}
}
