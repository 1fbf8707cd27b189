package keys

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// Doubts are what speaks against the certificates of the offer, for who logs in as that user. They are offered all the same: the host goes by its own
// clock and its own lists, and it does not say why it takes none.
func (o *Offer) Doubts(user string) (doubts []error) {
	for _, s := range o.Signers {
		cert, ok := s.PublicKey().(*ssh.Certificate)
		if !ok {
			continue
		}
		if why := doubt(cert, user, time.Now()); why != "" {
			doubts = append(doubts, &fault.Error{What: "certificate in doubt", On: fmt.Sprintf("“%s” of %s", cert.KeyId, ssh.FingerprintSHA256(cert.Key)), Why: why,
				Next: "have the key certified anew; ssh-keygen -L -f FILE shows what a certificate says", Code: fault.Usage})
		}
	}
	return doubts
}

func doubt(c *ssh.Certificate, user string, now time.Time) string {
	unix := uint64(now.Unix()) // #nosec G115 -- it is after 1970
	switch {
	case c.ValidBefore != ssh.CertTimeInfinity && unix >= c.ValidBefore:
		return "it expired at " + minute(c.ValidBefore)
	case unix < c.ValidAfter:
		return "it is not valid before " + minute(c.ValidAfter)
	case len(c.ValidPrincipals) > 0 && !slices.Contains(c.ValidPrincipals, user):
		return "it is for " + strings.Join(c.ValidPrincipals, ", ") + ", and not for " + user
	}
	return ""
}

// minute is a certificate's time as people read it.
func minute(unix uint64) string {
	return time.Unix(int64(min(unix, 1<<37)), 0).UTC().Format("2006-01-02 15:04 MST") // #nosec G115 -- it is bounded
}
