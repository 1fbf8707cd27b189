package worker

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Certificate is a certificate as openssl tells of it.
type Certificate struct {
	Print string // "sha256 Fingerprint=AB:CD…"
	Ends  string // "notAfter=…"
}

// described are the options of openssl x509 that tell a certificate from another, and when it ends.
const described = ` -noout -fingerprint -sha256 -enddate`

// ofFile reads the certificate in a file, and says whether it is good for a name: $1 file, $2 name, $3 for how many seconds it must be good.
const ofFile = `openssl x509 -in "$1"` + described + ` -checkhost "$2" && openssl x509 -in "$1" -noout -checkend "$3"`

// ofHandshake reads the one that a server shows: $1 host, $2 port, $3 the name that is asked for.
const ofHandshake = `openssl s_client -connect "$1:$2" -servername "$3" </dev/null 2>/dev/null | openssl x509` + described

// soon is for how many seconds a certificate must be good to be worth a rollout: a week.
const soon = 7 * 24 * 60 * 60

// CertificateFile is where the worker has the certificate.
func (p Part) CertificateFile() string {
	file := p.c.Config.Certificate.File
	if path.IsAbs(file) {
		return file
	}
	return path.Join(p.c.node.Mastodon.Dir, file)
}

// OnDisk is the certificate in the worker's file. One that ends soon, or is for another name, is refused.
func (p Part) OnDisk(ctx context.Context) (Certificate, error) {
	out, err := p.c.ask(ctx, "reading the certificate", ofFile, p.CertificateFile(), p.c.Config.Instance, strconv.Itoa(soon))
	c, read := certificate(out)
	wrong := func(why, next string) error {
		return &fault.Error{What: "the certificate is not good", On: p.c.node.Name + ", " + p.CertificateFile(), Why: why, Next: next, Code: fault.Refused}
	}
	switch {
	case strings.Contains(out, "does NOT match"):
		return c, wrong("it is not for "+p.c.Config.Instance, "put the right one there")
	case read && err != nil:
		return c, wrong("it ends within a week: "+c.Ends, "renew it first")
	case err == nil && !read:
		return c, wrong("openssl's answer is not understood", "look at the file")
	}
	return c, err
}

// Served is the certificate that the worker shows to whoever asks, seen from exec: what nginx holds in memory, whatever the file says.
func (p Part) Served(ctx context.Context) (Certificate, error) {
	return Served(ctx, p.c.exec(), p.c.Config, p.c.node.Name, p.c.in.Private)
}

// Looker is a machine that can be looked at.
type Looker interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
}

// Served is the certificate that a worker shows at its private address, seen from exec.
func Served(ctx context.Context, exec Looker, cfg *config.Config, worker, private string) (Certificate, error) {
	port := strconv.Itoa(cfg.Certificate.Port)
	out, err := askOn(ctx, exec, cfg.Exec().Name, "asking "+worker+" for its certificate", ofHandshake, private, port, cfg.Instance)
	if err != nil {
		return Certificate{}, err
	}
	c, read := certificate(out)
	if !read {
		return c, &fault.Error{What: "no certificate was shown", On: worker, Why: "port " + port + " speaks no TLS", Next: "see certificate.port in " + cfg.Path()}
	}
	return c, nil
}

func certificate(out string) (c Certificate, read bool) {
	for line := range strings.Lines(out) {
		switch line = strings.TrimSpace(line); {
		case strings.Contains(line, "Fingerprint="):
			c.Print = line
		case strings.HasPrefix(line, "notAfter="):
			c.Ends = line
		}
	}
	return c, c.Print != "" && c.Ends != ""
}

// ShownHandshake is the command of Served as a person would type it.
func (p Part) ShownHandshake() string {
	return p.c.Config.Exec().Name + "$ openssl s_client -connect " + p.c.in.Private + ":" + strconv.Itoa(p.c.Config.Certificate.Port) + " -servername " + p.c.Config.Instance
}
