// Package postgres is the wire to a PostgreSQL server. It connects when it is first asked, through whatever dialler it was given, and shows its
// password to nobody.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Dialer opens the connection, for example through an SSH host. The connection must bear deadlines.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

const (
	dialTimeout = 10 * time.Second // for one connection, TLS and login included; the caller's context may end it sooner
	atOnce      = 6                // connections: two tails, an append, a list and a sign of life do not wait for each other
	idleFor     = 2 * time.Minute  // that a connection is kept without being used
)

// Config says where PostgreSQL is.
type Config struct {
	// URL gives postgres://[user[:password]@]host[:port]/database[?sslmode=…], as seen from where Dial dials. It is asked when the first connection
	// is made, not before: it may have to run a command for a secret.
	URL  func(context.Context) (string, error)
	Dial Dialer // nil dials from here
	// Secrets are taken out of errors, and told of the password, wherever it came from; may be nil.
	Secrets *keys.Redactor
	// Witness hears of every connection; nil means nobody does.
	Witness remote.Witness
}

// Client is the way to one database. It is safe for concurrent use.
type Client struct {
	cfg  Config
	life context.Context // of its connections
	end  context.CancelFunc

	mu   sync.Mutex
	conf *pgx.ConnConfig // nil until the URL was given
	db   *sql.DB
	open map[net.Conn]bool
	done bool
}

var errClosed = errors.New("the connection was closed")

// New asks and connects to nothing yet.
func New(cfg Config) *Client {
	life, end := context.WithCancel(context.Background())
	return &Client{cfg: cfg, life: life, end: end, open: map[net.Conn]bool{}}
}

// DB is the pool of connections. It reads the URL, and connects to nothing yet.
func (c *Client) DB(ctx context.Context) (*sql.DB, error) {
	conf, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return nil, errClosed
	}
	if c.db == nil {
		c.db = stdlib.OpenDB(*conf)
		c.db.SetMaxOpenConns(atOnce)
		c.db.SetMaxIdleConns(atOnce)
		c.db.SetConnMaxIdleTime(idleFor)
	}
	return c.db, nil
}

// Check reads the URL and says what is wrong with it; it connects to nothing.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.config(ctx)
	return err
}

// config reads the URL once. Its errors never show it: there is a password in it.
func (c *Client) config(ctx context.Context) (*pgx.ConnConfig, error) {
	c.mu.Lock()
	conf := c.conf
	c.mu.Unlock()
	if conf != nil {
		return conf, nil
	}
	url, err := c.cfg.URL(ctx)
	if err != nil {
		return nil, err
	}
	if conf, err = parse(url); err != nil {
		return nil, err
	}
	c.cfg.Secrets.Hide(conf.Password)
	conf.DialFunc = c.dial
	if c.cfg.Dial != nil {
		conf.LookupFunc = asItIs
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conf = conf
	return conf, nil
}

// asItIs leaves a name to be resolved where the connection is made.
func asItIs(_ context.Context, host string) ([]string, error) { return []string{host}, nil }

func parse(url string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, unusable("it must begin with postgres://")
	}
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, unusable("host, port, database or an option in it is wrong")
	}
	conf.ConnectTimeout = dialTimeout
	// A transaction pool between us and the server keeps no prepared statements.
	conf.DefaultQueryExecMode = pgx.QueryExecModeExec
	conf.StatementCacheCapacity, conf.DescriptionCacheCapacity = 0, 0
	conf.RuntimeParams["application_name"] = "vmtui"
	return conf, nil
}

func unusable(why string) error {
	return &fault.Error{
		What: "the PostgreSQL URL cannot be used", On: "store", Why: why,
		Next: "write it like postgres://vmtui@db.example:5432/vmtui?sslmode=verify-full", Code: fault.Usage,
	}
}

// unnamed is what PostgreSQL is called before its URL was read.
const unnamed = "postgresql"

// Name is where the database is, without user or password; "postgresql" until that is known.
func (c *Client) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conf == nil {
		return unnamed
	}
	return c.conf.Host + "/" + c.conf.Database
}

// Password is what must be hidden wherever it would show; empty until the URL was read, or when there is none.
func (c *Client) Password() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conf == nil {
		return ""
	}
	return c.conf.Password
}

// Close ends all connections, and whatever waits for one.
func (c *Client) Close() error {
	c.end()
	c.mu.Lock()
	c.done = true
	db, open := c.db, c.open
	c.db, c.open = nil, map[net.Conn]bool{}
	c.mu.Unlock()
	for conn := range open { // the library says good-bye to a server that may not listen any more: it is not waited for
		_ = conn.Close()
	}
	if db == nil {
		return nil
	}
	_ = db.Close() // its errors are those of the connections closed above
	return nil
}
