package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Listen hears what is notified on a channel, on a connection of its own, until ctx ends or the connection breaks. Behind a transaction pool nothing
// is ever heard, and nobody is told: rely on it for nothing but speed. The channel is a name of our own.
func (c *Client) Listen(ctx context.Context, channel string, heard func(payload string)) error {
	conf, err := c.config(ctx)
	if err != nil {
		return err
	}
	login, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(login, conf)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(login) }()
	if _, err := conn.Exec(login, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
