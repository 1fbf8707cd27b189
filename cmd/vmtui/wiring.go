package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/lease"
	"github.com/vmtui/vmtui/ops/logs"
	"github.com/vmtui/vmtui/ops/origin"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/redis"
	"github.com/vmtui/vmtui/remote/ssh"
	"github.com/vmtui/vmtui/remote/web"
	"github.com/vmtui/vmtui/remote/webhook"
)

// app is everything wired together for one instance. Nothing in it has touched the network yet when open returns.
type app struct {
	cfg      *config.Config
	secrets  *keys.Redactor
	operator string

	trust  *keys.Trust
	idents *keys.Identities
	words  *keys.Passwords
	pool   *ssh.Pool
	cloud  *digitalocean.Client
	edge   *cloudflare.Client // nil when none is configured
	caches *cache.Room
	redis  *redis.Client
	jobs   *sidekiq.Jobs
	stores *run.Stores
	local  *run.SQLite
	keeper *lease.Keeper
	door   *act.Door
	engine *run.Engine
	watch  *fleet.Watch
	calls  *audit.Log
	asks   *desk.Asks
	desk   *desk.Desk

	tell func(string) // says in a line why nothing happens for a while; a screen is not written across
}

// withApp opens, does and closes.
func withApp(ctx context.Context, f *flags, asker keys.Asker, do func(context.Context, *app) error) error {
	a, err := open(ctx, f, asker)
	if err != nil {
		return err
	}
	defer a.close()
	return do(ctx, a)
}

// open reads the config and wires the house from the ground up. Asker nil means that the console asks.
func open(ctx context.Context, f *flags, asker keys.Asker) (*app, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, secrets: f.secrets, operator: operator(cfg), asks: desk.NewAsks(), tell: func(string) {}}
	f.guard(ctx, cfg.StateDir, cfg.DigitalOcean.Token, cfg.Cloudflare.Token, cfg.Sidekiq.Redis, cfg.Store)
	a.calls = audit.New(a.secrets.Redact)
	if asker == nil {
		asker = a.asks
	} else {
		a.tell = f.note
	}
	for _, floor := range []func(context.Context) error{
		func(context.Context) error { return a.openKeys(asker) },
		a.openRemote,
		func(ctx context.Context) error { return a.openStores(ctx, asker == a.asks) },
		func(context.Context) error { return a.openOps(f.readOnly || cfg.ReadOnly) },
	} {
		if err := floor(ctx); err != nil {
			a.close()
			return nil, err
		}
	}
	a.caches = a.cacheRoom()
	a.watch = fleet.New(a.fleetConfig())
	a.desk = desk.New(ctx, cfg, a.engine, a.watch, a.bookDeps(), a.room(), a.fan(), a.asks, a.calls, a.secrets, logs.Reader{
		Host: func(name string) logs.Host { return a.host(name) }, Redact: a.secrets.Redact,
	}, a.queueActs())
	a.desk.UseCaches(a.caches)
	a.desk.UseCourier(a.courier())
	if asker != keys.Asker(a.asks) {
		a.desk.Heard = f.heard
	}
	return a, nil
}

func (a *app) openKeys(asker keys.Asker) error {
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{a.cfg.SSH.KnownHosts}, Asker: asker})
	if err != nil {
		return err
	}
	a.trust, a.idents, a.words = trust, identities(a.cfg, asker), keys.NewPasswords(asker, a.secrets.Add)
	if a.cfg.SSH.Transport == config.TransportOpenSSH {
		return nil // ssh has its own idea of who we are
	}
	return checkIdentities(a.cfg, a.idents)
}

func checkIdentities(cfg *config.Config, idents *keys.Identities) error {
	return cfg.Blame("$.ssh.identities", idents.Check())
}

func identities(cfg *config.Config, asker keys.Asker) *keys.Identities {
	return keys.NewIdentities(keys.IdentitiesConfig{Files: cfg.SSH.Identities, Agent: cfg.SSH.UseAgent(), Asker: asker})
}

func (a *app) openRemote(context.Context) error {
	a.pool = ssh.NewPool(ssh.Config{
		SSHConfigPath: a.cfg.SSH.Config, Transport: ssh.Transport(a.cfg.SSH.Transport), KnownHosts: a.cfg.SSH.OtherKnownHosts(),
		Trust: a.trust, Identities: a.idents, Passwords: a.words, Retry: a.cfg.SSH.Retry, Secrets: a.secrets, Witness: a.calls.Witness,
	})
	var err error
	if a.cloud, err = newCloud(a.cfg.DigitalOcean, filepath.Join(a.cfg.StateDir, "cdn-rates.json"), a.cfg.Blame, a.secrets, a.calls.Witness, a.tell); err != nil {
		return err
	}
	if a.edge, err = newEdge(a.cfg, a.secrets, a.calls.Witness, a.tell); err != nil {
		return err
	}
	a.openRedis()
	return nil
}

// newEdge makes the wire to the edge, nil when none is configured.
func newEdge(cfg *config.Config, secrets *keys.Redactor, witness remote.Witness, tell func(string)) (*cloudflare.Client, error) {
	c := cfg.Cloudflare
	if c.Token == "" {
		return nil, nil
	}
	return cloudflare.New(cloudflare.Config{URL: c.URL, Zone: c.Zone, Witness: witness, Token: revealed(secrets, c.Token, cfg.Blame, "$.cloudflare.token"), Waiting: toldOf("cloudflare", witness, tell)})
}

// toldOf tells of pauses: in the log of calls, and to whoever waits for the answer.
func toldOf(on string, witness remote.Witness, tell func(string)) func(context.Context, web.Wait) {
	return func(ctx context.Context, w web.Wait) {
		witness.See(remote.Call{Wire: "here", On: on, What: "wait before the next try to " + w.What})(remote.Ending{Verdict: remote.OK, Says: w.For.Round(time.Millisecond).String() + ": " + w.Why})
		if !remote.Tell(ctx, w.String()) {
			tell(w.String())
		}
	}
}

// revealed resolves a secret whenever it is asked for; blame says in an error which line of the config names it.
func revealed(secrets *keys.Redactor, ref string, blame func(yamlPath string, err error) error, yamlPath string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		secret, err := secrets.Resolve(ctx, ref)
		return secret.Reveal(), blame(yamlPath, err)
	}
}

// newCloud is the wire to the provider; rates is the file by which its limits are kept together with other processes, blame says in an error which line of a config it comes from.
func newCloud(c config.DigitalOcean, rates string, blame func(yamlPath string, err error) error, secrets *keys.Redactor, witness remote.Witness, tell func(string)) (*digitalocean.Client, error) {
	client, err := digitalocean.New(digitalocean.Config{
		URL: c.URL, Poll: c.Poll, Rates: rates, Witness: witness, Secrets: secrets,
		Waiting: toldOf("digitalocean", witness, tell), Token: revealed(secrets, c.Token, blame, "$.digitalocean.token"),
	})
	return client, blame("$.digitalocean.api_url", err)
}

func (a *app) openRedis() {
	var dial redis.Dialer
	if a.cfg.Sidekiq.Via != "direct" {
		dial = a.host(a.cfg.Sidekiq.Via).Dial
	}
	a.redis = redis.New(redis.Config{URL: urlOf(a.cfg, "$.sidekiq.redis", a.cfg.Sidekiq.Redis, a.secrets), Dial: dial, Witness: a.calls.Witness, Secrets: a.secrets})
	a.jobs = sidekiq.New(a.redis, a.cfg.Sidekiq.Namespace)
}

func (a *app) openOps(readOnly bool) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	store, err := origin.Of(a.cfg.StateDir)
	if err != nil {
		return err
	}
	a.keeper = lease.NewKeeper(lease.Config{
		Exec: a.host(a.cfg.Exec().Name), ExecName: a.cfg.Exec().Name, Operator: a.operator, Host: host, Store: store, Secrets: a.secrets,
		TTL: a.cfg.Lease.TTL, Longest: a.cfg.Lease.Longest, Living: run.Locks{Dir: run.LockDir(a.cfg.StateDir)},
		Waiting: func(d time.Duration) {
			a.tell(fmt.Sprintf("waiting %s: the former owner may still act until then", d.Round(time.Second)))
		},
	})
	a.door = act.NewDoor(readOnly, a.keeper)
	a.keeper.Use(a.door)
	a.trust.Consult(a.ledger)
	a.engine = &run.Engine{
		Store: a.stores, Live: a.stores, Stores: a.stores, Door: a.door, Lease: a.keeper, Places: a.keeper, Anchors: a.keeper,
		StateDir: a.cfg.StateDir, Operator: a.operator, Host: host,
	}
	return nil
}

// queueActs is what changes Sidekiq's data.
func (a *app) queueActs() *sidekiq.Acts {
	return &sidekiq.Acts{
		Jobs: a.jobs, Door: a.door, Journal: a.engine.Single(), Instance: a.cfg.Instance, Operator: a.operator + "@" + a.engine.Host,
		Dir: filepath.Join(a.cfg.StateDir, "sidekiq"),
	}
}

func (a *app) host(name string) *ssh.Host {
	n, _ := a.cfg.Node(name)
	return a.pool.Host(n.Name, n.SSH)
}

func (a *app) workerDeps() worker.Deps {
	return worker.Deps{
		Config: a.cfg, Operator: a.operator, Cloud: a.cloud, Jobs: a.jobs, Records: a.keeper, Trust: a.trust,
		Host:   func(name string) worker.Host { return a.host(name) },
		HostAt: func(name, destination string) worker.Host { return a.pool.Host(name, destination) },
	}
}

// bookDeps are what the instance's own runbooks act through.
func (a *app) bookDeps() book.Deps {
	return book.Deps{
		Deps: a.workerDeps(), Built: a.caches.Books(), Caches: a.caches, Hooks: webhook.New(a.calls.Witness), Queues: a.jobs, Redact: a.secrets.Redact,
		Visit: func(ctx context.Context, url string) (int, error) {
			site, err := fleet.SiteByHTTP(url, a.calls.Witness)(ctx)
			return site.Status, err
		},
		Secret: func(ctx context.Context, ref string) (string, error) {
			secret, err := a.secrets.Resolve(ctx, ref)
			return secret.Reveal(), err
		},
	}
}

// close lets go of everything, in the reverse order. Errors at the end have nobody to help any more.
func (a *app) close() {
	if a.desk != nil {
		a.desk.Close()
	}
	var all []error
	if a.stores != nil {
		all = append(all, a.stores.Close())
	}
	if a.redis != nil {
		all = append(all, a.redis.Close())
	}
	if a.pool != nil {
		all = append(all, a.pool.Close())
	}
	if a.cloud != nil {
		all = append(all, a.cloud.Close())
	}
	if a.edge != nil {
		all = append(all, a.edge.Close())
	}
	_ = errors.Join(all...)
}

// operator is who the others see at work.
func operator(cfg *config.Config) string {
	if cfg.Operator != "" {
		return cfg.Operator
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "somebody"
}

func (a *app) mustKnow(name string) error {
	if n, ok := a.cfg.Node(name); ok && n.Role == config.RoleWorker {
		return nil
	}
	return a.cfg.NoWorker(name)
}

func readable(path string) error {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return file.Close()
}
