package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// answers are what `vmtui init` needs to know; each can be given as a flag, and what is missing is asked.
type answers struct {
	instance, token, url, balancer, exec, user string
	force                                      bool
}

func newInit(f *flags) *cobra.Command {
	var a answers
	cmd := &cobra.Command{
		Use: "init", Short: "Write a first config: asks, and finds load balancers and droplets through the API", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return initialise(cmd.Context(), f, a) },
	}
	cmd.Flags().StringVar(&a.instance, "instance", "", "the site's `DOMAIN`")
	cmd.Flags().StringVar(&a.token, "token", "", "where the API token is: env:NAME, file:PATH, keyring:NAME or cmd:COMMAND (`REF`)")
	cmd.Flags().StringVar(&a.url, "api-url", "https://api.digitalocean.com", "the provider's API (`URL`)")
	cmd.Flags().StringVar(&a.balancer, "load-balancer", "", "its `ID`; needed only when there are several")
	cmd.Flags().StringVar(&a.exec, "exec", "", "how ssh reaches the exec node: `ALIAS` or user@host:port")
	cmd.Flags().StringVar(&a.user, "user", "root", "the `USER` on the workers")
	cmd.Flags().BoolVar(&a.force, "force", false, "replace a config that is there")
	return withJSON(f, cmd)
}

func initialise(ctx context.Context, f *flags, a answers) error {
	if err := vacant(f.config, a.force); err != nil {
		return err
	}
	q := &questioner{f: f, in: bufio.NewScanner(f.in)}
	q.ask(&a.instance, "the site's domain", "")
	q.ask(&a.token, "where is the DigitalOcean token? env:NAME, file:PATH, keyring:NAME or cmd:COMMAND", "env:DIGITALOCEAN_TOKEN")
	if q.err != nil {
		return q.err
	}
	f.guard(ctx, config.StateHome(), a.token)
	cloud, err := newCloud(config.DigitalOcean{Token: a.token, URL: a.url}, "", asGiven, f.secrets, nil, f.note)
	if err != nil {
		return err
	}
	defer func() { _ = cloud.Close() }() // nothing is under way any more
	lb, err := chooseBalancer(ctx, cloud, q, a.balancer)
	if err != nil {
		return err
	}
	workers, err := members(ctx, cloud, lb)
	if err != nil {
		return err
	}
	q.ask(&a.exec, "how does ssh reach the exec node? an alias or user@host", "exec")
	if q.err != nil {
		return q.err
	}
	return writeConfig(f, a, lb, workers)
}

// asGiven blames no line: there is no file yet.
func asGiven(_ string, err error) error { return err }

func vacant(path string, force bool) error {
	if _, err := os.Stat(path); err == nil && !force {
		return &fault.Error{What: "a config is there already", On: path, Next: "edit it, name another with --config, or replace it with --force", Code: fault.Usage}
	}
	return nil
}

// questioner asks on the terminal; once something is wrong it asks no more.
type questioner struct {
	f   *flags
	in  *bufio.Scanner
	err error
}

func (q *questioner) ask(into *string, question, otherwise string) {
	if *into != "" || q.err != nil {
		return
	}
	prompt := question
	if otherwise != "" {
		prompt += " [" + otherwise + "]"
	}
	if !q.f.json {
		_, _ = fmt.Fprintf(q.f.err, "%s: ", prompt)
	}
	if !q.in.Scan() {
		if !q.f.json {
			_, _ = fmt.Fprintln(q.f.err) // what is said of it gets a line of its own
		}
		q.err = &fault.Error{What: "no answer", On: question, Why: "the input ended", Next: "give it as a flag: `vmtui init --help`", Code: fault.Usage}
		return
	}
	if *into = strings.TrimSpace(q.in.Text()); *into == "" {
		*into = otherwise
	}
	if *into == "" {
		q.err = &fault.Error{What: "no answer", On: question, Next: "give it as a flag: `vmtui init --help`", Code: fault.Usage}
	}
}

func chooseBalancer(ctx context.Context, cloud *digitalocean.Client, q *questioner, id string) (digitalocean.Balancer, error) {
	all, err := cloud.Balancers(ctx)
	if err != nil {
		return digitalocean.Balancer{}, err
	}
	if len(all) == 0 {
		return digitalocean.Balancer{}, &fault.Error{What: "this account has no load balancer", Next: "check that the token is of the right team", Code: fault.Usage}
	}
	if len(all) == 1 && id == "" {
		return all[0], nil
	}
	for i, lb := range all {
		_, _ = fmt.Fprintf(q.f.err, "  %d  %s  %s  %s\n", i+1, lb.ID, lb.Name, spelling.Count(len(lb.DropletIDs), "droplet", "droplets"))
	}
	q.ask(&id, "which load balancer? number or id", "1")
	if n, err := strconv.Atoi(id); err == nil && n >= 1 && n <= len(all) {
		return all[n-1], nil
	}
	for _, lb := range all {
		if lb.ID == id || lb.Name == id {
			return lb, nil
		}
	}
	return digitalocean.Balancer{}, &fault.Error{What: "no such load balancer", On: id, Next: "choose one of those listed", Code: fault.Usage}
}

func members(ctx context.Context, cloud *digitalocean.Client, lb digitalocean.Balancer) ([]digitalocean.Droplet, error) {
	all, err := cloud.Droplets(ctx)
	if err != nil {
		return nil, err
	}
	var in []digitalocean.Droplet
	for _, d := range all {
		if lb.Has(d.ID) {
			in = append(in, d)
		}
	}
	if len(in) == 0 {
		return nil, &fault.Error{What: "the load balancer has no droplets", On: lb.Name, Next: "choose another, or add the workers to it first", Code: fault.Usage}
	}
	return in, nil
}

// writeConfig writes the file and reads it back: what init writes must be good.
func writeConfig(f *flags, a answers, lb digitalocean.Balancer, workers []digitalocean.Droplet) error {
	text, err := yaml.Marshal(document(a, lb, workers))
	if err != nil {
		return err
	}
	if _, err := config.Parse(f.config, text); err != nil {
		return err
	}
	err = os.MkdirAll(filepath.Dir(f.config), 0o700)
	if err == nil {
		err = os.WriteFile(f.config, text, 0o600)
	}
	if err != nil {
		return (&fault.Error{What: "the config cannot be written", On: f.config, Next: "name another place with --config", Code: fault.Usage}).Because(err)
	}
	if f.json {
		return f.printJSON(map[string]any{"config": f.config, "instance": a.instance, "load_balancer": lb.ID, "workers": len(workers)})
	}
	return f.printf("wrote %s: %s, load balancer %s, %s: %s\nlook through it, add what is out of the balancer just now, then: vmtui config check && vmtui status\n", f.config, a.instance, lb.Name, spelling.Count(len(workers), "worker", "workers"), list(workers))
}

func list(droplets []digitalocean.Droplet) string {
	var all []string
	for _, d := range droplets {
		all = append(all, d.Name)
	}
	return strings.Join(all, ", ")
}

func document(a answers, lb digitalocean.Balancer, workers []digitalocean.Droplet) yaml.MapSlice {
	nodes := []yaml.MapSlice{{{Key: "name", Value: "exec"}, {Key: "role", Value: config.RoleExec}, {Key: "ssh", Value: a.exec}}}
	for _, d := range workers {
		nodes = append(nodes, yaml.MapSlice{
			{Key: "name", Value: d.Name}, {Key: "role", Value: config.RoleWorker}, {Key: "ssh", Value: a.user + "@" + d.PublicIP}, {Key: "droplet", Value: d.ID},
		})
	}
	return yaml.MapSlice{
		{Key: "instance", Value: a.instance}, {Key: "nodes", Value: nodes},
		{Key: "digitalocean", Value: yaml.MapSlice{{Key: "token", Value: a.token}, {Key: "api_url", Value: a.url}}},
		{Key: "load_balancer", Value: yaml.MapSlice{{Key: "id", Value: lb.ID}, {Key: "min_healthy", Value: max(1, len(workers)-1)}}},
	}
}
