package keys

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// maxSigners is how many keys a server is shown: sshd hangs up on the sixth by default.
const maxSigners = 5

// agentPatience bounds what no person is asked for: a socket may be left of an agent that was forwarded over a connection which is dead.
const agentPatience = 10 * time.Second

// refusalHolds is how long an operator's "no" stands before the same question may come up again.
const refusalHolds = 5 * time.Minute

// IdentitiesConfig says which keys are ours.
type IdentitiesConfig struct {
	Files []string // private key files in order of preference, ~/ expanded
	Agent bool     // use the agent behind SSH_AUTH_SOCK too; it is never forwarded
	Asker Asker    // asked for passphrases; nil refuses

	Hide func(Secret) // is told every passphrase before it is used; may be nil
}

// Identities is who we are towards SSH servers. It is safe for concurrent use, and asks for a passphrase at most once.
type Identities struct {
	config   IdentitiesConfig
	patience time.Duration // with an agent that is asked what it holds

	mu     sync.Mutex
	vaults map[string]*vault
}

// Wish is what ssh_config says about keys for one host.
type Wish struct {
	Files        []string // IdentityFile; a missing one is no error, as in ssh
	Certificates []string // CertificateFile, besides the -cert.pub of each file; a missing one is no error
	Only         bool     // IdentitiesOnly: nothing from the agent that no file names
	Agent        string   // IdentityAgent: a socket, $NAME of the variable that names it, "none"; SSH_AUTH_SOCK when empty
}

// Offer is the keys for one login.
type Offer struct {
	Signers  []ssh.Signer // at most five, in the order in which they are to be tried
	Problems []error      // configured keys that could not be used, as faults

	close func()
}

// Close ends the connection to the agent; the signers are of no use after it.
func (o *Offer) Close() { o.close() }

// NewIdentities reads nothing yet.
func NewIdentities(c IdentitiesConfig) *Identities {
	if c.Asker == nil {
		c.Asker = Refuser{}
	}
	return &Identities{config: c, patience: agentPatience, vaults: map[string]*vault{}}
}

// Check reads every configured file, without unlocking it, and reports the first that cannot be used: fault.Usage with the path.
func (i *Identities) Check() error {
	for _, path := range i.config.Files {
		if _, err := loadKey(path); err != nil {
			return err
		}
	}
	return nil
}

// Offer gathers the keys for one login. Encrypted keys are offered by their public half and unlocked only when the server accepts them; ctx
// bounds that question too. It fails only when there is no key at all.
func (i *Identities) Offer(ctx context.Context, w Wish) (*Offer, error) {
	o := &Offer{close: func() {}}
	files := i.load(w, o)
	held := i.fromAgent(ctx, w.Agent, o)
	l := &lineup{ctx: ctx, ring: i, agent: held, certs: certificates(w.Certificates, o)}
	for _, k := range files {
		l.addFile(k)
	}
	if !w.Only {
		l.addHeld()
	}
	l.addNameless(o)
	l.tellAway(o)
	o.Signers = l.signers[:min(len(l.signers), maxSigners)]
	if len(o.Signers) == 0 {
		o.Close()
		return nil, noKeys(o.Problems)
	}
	return o, nil
}

// load reads the files that ssh_config and our own config name.
func (i *Identities) load(w Wish, o *Offer) []keyFile {
	var files []keyFile
	for n, path := range slices.Concat(w.Files, i.config.Files) {
		k, err := loadKey(path)
		switch {
		case err == nil:
			files = append(files, k)
		case n >= len(w.Files) || !isMissing(err):
			o.Problems = append(o.Problems, err)
		}
	}
	return files
}

// PublicKeys lists the keys of a login with no wishes in authorized_keys form ("type base64", no comment).
func (i *Identities) PublicKeys(ctx context.Context) ([]string, error) {
	return i.PublicKeysFor(ctx, Wish{})
}

// PublicKeysFor lists the keys that a host with these wishes would be shown, in authorized_keys form. One of them must be on a new disk, or
// we are locked out.
func (i *Identities) PublicKeysFor(ctx context.Context, w Wish) ([]string, error) {
	o, err := i.Offer(ctx, w)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	var lines []string
	for _, s := range o.Signers {
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(plainKey(s.PublicKey()))))
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func noKeys(problems []error) error {
	if len(problems) > 0 {
		return problems[0]
	}
	return &fault.Error{
		What: "no SSH key to log in with", Why: "no identity file is configured and no agent holds a key",
		Next: "name one under ssh.identities, or start an agent and ssh-add a key", Code: fault.Usage,
	}
}
