package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// domainPurge removes everything of a server.
func domainPurge() sheet {
	return sheet{
		id: "domain-purge", title: "Purge a domain", danger: act.Destroys,
		summary: "Removes every account of another server with posts, media and follows, as if it had never been known; first as a rehearsal.",
		dangers: []string{
			"What people here have with people there is gone: follows, favourites, conversations. That server's custom emoji go as well.",
			"Accounts come back while that server still federates: suspend it first.",
		},
		asks: []ask{
			{name: "domain", about: "the other server", kind: "string", needed: true, shape: domainShape},
			{name: "subdomains", about: "those below it as well", kind: "bool", without: "false"},
			concurrency("5"),
		},
		steps: func(c *chore) []run.Step {
			if c.own() && c.err == nil {
				c.err = &fault.Error{What: "that is this instance", On: c.said["domain"], Why: "its own accounts would be removed", Next: "name another server", Code: fault.Refused}
			}
			words := []string{"domains", "purge", c.said["domain"], c.option("--concurrency", "concurrency")}
			if c.yes("subdomains") {
				words = append(words, "--include-subdomains")
			}
			purge := errand{
				id: "purge", title: "Purge " + c.said["domain"], kind: run.Once, after: rehearsal, noUndo: "what was removed is gone", usual: "minutes to hours",
				why: "Compare the rehearsal's number with what the database has. An interrupted one can be run again.", call: c.call(words...), proof: c.purged,
				known: func(w *run.Walk) string { return w.Fact(resultFact("known")) },
			}
			return []run.Step{c.known(), c.rehearse(purge), c.step(purge)}
		},
	}
}

// own reports the instance's own domain. A subdomain of it may be anybody's; that it is the one where this Mastodon answers is asked of Rails.
func (c *chore) own() bool { return c.said["domain"] == c.Config.Instance }

// server is another server as the database has it.
type server struct {
	Accounts int
	Followed int // follows between here and there
	Severity string
	Ours     bool
	Near     []string // names that are known, where this one is not
}

const serverRuby = `d, sub = ARGV[0], ARGV[1] == 'true'
a = sub ? Account.by_domain_and_subdomains(d) : Account.where(domain: d)
l = [Rails.configuration.x.local_domain, Rails.configuration.x.web_domain, *Rails.configuration.x.alternate_domains]
puts({accounts: a.count, followed: Follow.where(account_id: a.select(:id)).or(Follow.where(target_account_id: a.select(:id))).count, severity: DomainBlock.rule_for(d)&.severity.to_s,
ours: l.any? { |x| x == d || (sub && x.to_s.end_with?(".#{d}")) },
near: a.exists? || !defined?(DidYouMean) ? [] : DidYouMean::SpellChecker.new(dictionary: Instance.pluck(:domain)).correct(d).first(3)}.to_json)`

func (c *chore) server(ctx context.Context) (s server, err error) {
	err = c.see(ctx, "look at "+c.said["domain"], serverRuby, &s, c.said["domain"], c.said["subdomains"])
	if err == nil && s.Ours {
		err = &fault.Error{What: "that is this instance", On: c.said["domain"], Why: "one of its own names is among them", Next: "name another server", Code: fault.Refused}
	}
	return s, err
}

func (s server) words() string {
	blocked := "not blocked: accounts may come back"
	if s.Severity != "" {
		blocked = "blocked: " + s.Severity
	}
	return fmt.Sprintf("%s, %s from or to here, %s", spelling.Count(s.Accounts, "account", "accounts"), spelling.Count(s.Followed, "follow", "follows"), blocked)
}

// stranger asks about a name of which nobody is known: it may be misspelled.
func (s server) stranger(domain string) error {
	hint := "look in the web interface how it is written; there is nothing to purge but perhaps custom emoji"
	if len(s.Near) > 0 {
		hint = "did you mean " + strings.Join(s.Near, ", ") + "? Then stop, and begin with that"
	}
	return run.NeedsGo{Key: "stranger", Attended: true, Cause: "no account of " + domain + " is known", Hint: hint, Details: []string{s.words()}}
}

// known looks at what is there.
func (c *chore) known() run.Step {
	s := c.look("known", "Look at what is known of it", "How much would be gone, and whether it can come back.", serverRuby, func(ctx context.Context, w *run.Walk) (string, error) {
		s, err := c.server(ctx)
		switch {
		case err != nil:
			return "", err
		case s.Accounts == 0 && w.Fact(jobFact("purge")) == "" && !w.Granted("stranger"):
			return "", s.stranger(c.said["domain"])
		case s.Severity != "suspend":
			w.Out("warning: %s is not suspended; its accounts come back as soon as it federates with us", c.said["domain"])
		}
		return s.words(), w.Remember(ctx, resultFact("known"), s.words())
	})
	s.Skip = false
	return s
}

// purged proves that no account is left.
func (c *chore) purged(ctx context.Context) (bool, string, error) {
	s, err := c.server(ctx)
	return s.Accounts == 0, fmt.Sprintf("%s of %s known", spelling.Count(s.Accounts, "account", "accounts"), c.said["domain"]), err
}
