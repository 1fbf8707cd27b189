package ssh

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// What ssh says when it does not get through. It has an exit status of 255 for all of them.
var (
	saysChanged  = regexp.MustCompile(`(?i)identification has changed`)
	saysUnknown  = regexp.MustCompile(`(?i)host key verification failed|host key is known for|no .* host key`)
	saysDenied   = regexp.MustCompile(`(?i)permission denied|too many authentication failures`)
	saysSilence  = regexp.MustCompile(`(?i)connection (refused|timed out)|no route to host|host is down|operation timed out`)
	saysBehind   = regexp.MustCompile(`(?i)open failed: connect failed`)
	saysHangsUp  = regexp.MustCompile(`(?i)kex_exchange_identification: (read: )?connection (closed|reset)`)
	saysNoBanner = regexp.MustCompile(`(?i)(during banner exchange|timed out during)`)
)

// notThrough turns what ssh says into what an operator can act on.
func (h *Host) notThrough(ctx context.Context, r *route, m *master, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	says := strings.TrimSpace(clean.Text(m.says.text()))
	f := &fault.Error{What: "no SSH connection", On: h.name, Why: "ssh says: " + lastLines(says, 2), Next: "log in by hand and see: ssh " + h.dest}
	d := &dialError{err: f}
	switch {
	case saysChanged.MatchString(says):
		f.What, f.Why, f.Code, d.reached = "host key changed", "ssh says: "+offending(says), fault.Refused, true
		f.Next = "find out why before anything else; if the machine is new, take the old line out of that file"
	case saysUnknown.MatchString(says):
		f.What, f.Code, d.reached = "host key unknown", fault.Refused, true
		f.Next = "log in once by hand and compare the fingerprint: ssh " + h.dest
	case saysDenied.MatchString(says):
		f.What, d.reached = "login refused", true
		f.Next = h.afterDenial(says)
	case saysHangsUp.MatchString(says) && !r.proxied && !saysBehind.MatchString(says): // it does not pass on why
		f.What, f.Next, d.reached = hangsUp, "it may have too many logins under way, or hold earlier ones against us: "+penalised, true
	case errors.Is(err, context.DeadlineExceeded):
		f.Why, d.silent, d.reached = "ssh did not log in within "+h.pool.pace.master.String(), false, true
	default:
		d.silent = saysBehind.MatchString(says) || !r.proxied && (saysSilence.MatchString(says) || saysNoBanner.MatchString(says))
	}
	_ = f.Because(err)
	return d
}

var (
	saysUnsigned = regexp.MustCompile(`(?i)signing failed for \S*-SK\b`)
	saysTooMany  = regexp.MustCompile(`(?i)too many authentication failures`)
	saysTickets  = regexp.MustCompile(`(?i)permission denied \([^)]*gssapi`)
)

// afterDenial is what to do about a login that was refused, by what ssh says of it.
func (h *Host) afterDenial(says string) string {
	switch {
	case saysUnsigned.MatchString(says):
		return "plug the security key in, and touch it when it blinks; one that wants a PIN must be in the agent; see " + ByHand(h.dest)
	case saysTooMany.MatchString(says):
		return "name the key that is meant: IdentityFile with IdentitiesOnly yes in ssh_config; see " + ByHand(h.dest)
	case saysTickets.MatchString(says):
		return "it takes tickets as well: klist shows yours, kinit gets one; a key with a passphrase must be in the agent; see " + ByHand(h.dest)
	}
	return "ssh asks nobody here: a key with a passphrase must be in the agent; see " + ByHand(h.dest)
}

// offending is the line that names the file and the line of the key that no longer is the host's.
func offending(says string) string {
	for line := range strings.Lines(says) {
		if strings.Contains(line, "Offending") {
			return strings.TrimSpace(line)
		}
	}
	return lastLines(says, 1)
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
