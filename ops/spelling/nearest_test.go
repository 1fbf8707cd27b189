package spelling

import (
	"strings"
	"testing"
)

func TestTheNearestIsNear(t *testing.T) {
	const (
		books  = "worker-drain worker-reimage worker-return worker-restart worker-reboot workers-roll mastodon-upgrade account-support domain-purge sidekiq-flush"
		nodes  = "exec worker-1 worker-2 worker-3"
		flags  = "--days --json --plan --include-subdomains --prune-profiles --yes"
		inputs = "username approve disable_2fa reset_password why"
	)
	for _, x := range []struct{ word, words, want string }{
		// slips
		{"wroker-1", nodes, "worker-1"}, {"worker1", nodes, "worker-1"}, {"Worker-2", nodes, "worker-2"}, {"exce", nodes, "exec"},
		{"worker-remiage", books, "worker-reimage"}, {"acount-suport", books, "account-support"}, {"worker-retrun", books, "worker-return"},
		{"--jsno", flags, "--json"}, {"--dayz", flags, "--days"}, {"jsno", flags, "--json"}, {"usrname", inputs, "username"}, {"aprove", inputs, "approve"},
		{"disable-2fa", inputs, "disable_2fa"}, {"reset_passwort", inputs, "reset_password"}, {"hwy", inputs, "why"}, {"acts", "act decision end", "act"}, {"caché", "cache", "cache"},
		// not written to its end
		{"mast", books, "mastodon-upgrade"}, {"--inc", flags, "--include-subdomains"}, {"disable", inputs, "disable_2fa"}, {"worker-rei", books, "worker-reimage"},
		{"e", nodes, "exec"}, {"worker-", nodes, "worker-1"},
		// a part
		{"reimage", books, "worker-reimage"}, {"flush", books, "sidekiq-flush"}, {"password", inputs, "reset_password"}, {"worker-reimage-now", books, "worker-reimage"},
		{"2fa", inputs, "disable_2fa"},
		// far-fetched
		{"frobnicate", books, ""}, {"postgres", nodes, ""}, {"worker-9", nodes, ""}, {"worker-12", nodes, ""}, {"wroker-9", nodes, ""}, {"v4.6.5", "v4.6.6 v4.7.0", ""},
		{"ls", books, ""}, {"weather", inputs, ""}, {"toots", "accounts tags statuses public_statuses instances", ""}, {"--force", flags, ""},
		{"port", books, ""}, {"catalog", "log status", ""}, {"image", books, ""}, {"zz", nodes, ""}, {"no", "yes", ""}, {"", nodes, ""}, {"--", flags, ""}, {"x", "", ""},
	} {
		if got := Nearest(x.word, strings.Fields(x.words)); got != x.want {
			t.Errorf("%q among %s: %q, want %q", x.word, x.words, got, x.want)
		}
	}
}

func TestAHintIsSaidOnlyOfWhatIsNear(t *testing.T) {
	if got := Hint("the nearest is @", "wokers", []string{"exec", "workers"}, "; "); got != "the nearest is @workers; " {
		t.Errorf("%q", got)
	}
	if got := Hint("the nearest is ", "frobnicate", []string{"exec"}, "; "); got != "" {
		t.Errorf("%q", got)
	}
}
