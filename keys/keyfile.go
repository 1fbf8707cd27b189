package keys

import (
	"errors"
	"os"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

const maxKeyFile = 256 << 10

// keyFile is a private key on disk, or the public half of one that only the agent can use.
type keyFile struct {
	path   string
	public ssh.PublicKey    // nil for an encrypted key of the old PEM form with no .pub beside it
	signer ssh.Signer       // nil while encrypted, and for a public key alone
	cert   *ssh.Certificate // from PATH-cert.pub
	data   []byte           // what is still to be unlocked
	away   bool             // the private half is on a security key: only ssh itself and an agent can ask that
}

// loadKey reads a key without unlocking it. Errors are faults that name the path and end with fault.Usage.
func loadKey(path string) (keyFile, error) {
	path = expandHome(path)
	k := keyFile{path: path}
	if k.public = readPublic(path); k.public != nil {
		return k, nil
	}
	data, err := readPrivate(path, maxKeyFile)
	if err != nil {
		if k.public = readPublic(path + ".pub"); k.public != nil && isMissing(err) {
			return k, nil
		}
		return k, unusableFor(path, err)
	}
	k.cert, _ = readPublic(path + "-cert.pub").(*ssh.Certificate)
	return k.parse(data)
}

func (k keyFile) parse(data []byte) (keyFile, error) {
	signer, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		k.signer, k.public = signer, signer.PublicKey()
	case errors.As(err, &locked):
		k.data = data
		if k.public = locked.PublicKey; k.public == nil {
			k.public = readPublic(k.path + ".pub")
		}
		if onSecurityKey(k.public) {
			k.data, k.away = nil, true
		}
	case onSecurityKey(readPublic(k.path + ".pub")):
		k.public, k.away = readPublic(k.path+".pub"), true
	default:
		return k, unusable(k.path, "it is no private key that SSH can use: "+err.Error(), "check that ssh.identities names the key itself").Because(err)
	}
	return k, nil
}

func onSecurityKey(key ssh.PublicKey) bool {
	return key != nil && (key.Type() == ssh.KeyAlgoSKED25519 || key.Type() == ssh.KeyAlgoSKECDSA256)
}

// readPublic is the public key or certificate in a file, nil when there is none.
func readPublic(path string) ssh.PublicKey {
	data, err := os.ReadFile(path) // #nosec G304 -- beside a key that the operator's config names
	if err != nil || len(data) > maxKeyFile {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return key
}

// certificates reads the files that ssh_config names; one that is there and holds no certificate is a problem.
func certificates(paths []string, o *Offer) (certs []*ssh.Certificate) {
	for _, path := range paths {
		path = expandHome(path)
		if cert, ok := readPublic(path).(*ssh.Certificate); ok {
			certs = append(certs, cert)
			continue
		}
		if _, err := os.Stat(path); err == nil {
			o.Problems = append(o.Problems, &fault.Error{What: "certificate not usable", On: path, Why: "it holds no SSH certificate",
				Next: "name the -cert.pub file in CertificateFile", Code: fault.Usage})
		}
	}
	return certs
}

func unusableFor(path string, err error) error {
	f := unusable(path, "", "")
	var s *sourceError
	if asSource(err, &s) {
		f.Why, f.Next = s.why, s.next
	}
	return f.Because(err)
}

func unusable(path, why, next string) *fault.Error {
	return &fault.Error{What: "private key not usable", On: path, Why: why, Next: next, Code: fault.Usage}
}

func isMissing(err error) bool { return errors.Is(err, os.ErrNotExist) }
