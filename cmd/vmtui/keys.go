package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

func newKeys(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "The host keys of the nodes", Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return usage(cmd, "say what to do with them")
	}}
	cmd.AddCommand(listKeys(f), trustKey(f), forgetKey(f))
	return cmd
}

// The shapes of `vmtui keys --json`. Fields are added, never renamed.
type (
	keysDoc struct {
		Files   []string          `json:"files"`
		Nodes   []nodeKeys        `json:"nodes"`
		Jumps   []nodeKeys        `json:"jumps"` // the hosts on the way to them
		Revoked []keys.Entry      `json:"revoked"`
		Broken  []keys.BrokenLine `json:"broken"`
	}
	nodeKeys struct {
		Node string       `json:"node"`
		Host string       `json:"host"` // as known_hosts names it
		Keys []keys.Entry `json:"keys"`
	}
)

func listKeys(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "list", Short: "Show whose keys are known, where they stand, and which lines are broken", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(_ context.Context, a *app) error {
				doc, err := a.knownKeys()
				if err != nil {
					return err
				}
				if f.json {
					return f.printJSON(doc)
				}
				return f.printf("%s", clean.Text(doc.words()))
			})
		},
	})
}

func (a *app) knownKeys() (keysDoc, error) {
	doc := keysDoc{Files: a.trust.Files(), Nodes: []nodeKeys{}, Jumps: []nodeKeys{}, Revoked: []keys.Entry{}, Broken: []keys.BrokenLine{}}
	for _, n := range a.cfg.Nodes {
		known, err := a.keysOf(n.Name, a.host(n.Name))
		if err != nil {
			return doc, err
		}
		doc.Nodes = append(doc.Nodes, known)
	}
	jumps, err := a.jumps()
	if err != nil {
		return doc, err
	}
	for _, j := range jumps {
		known, err := a.keysOf(j.Name(), j)
		if err != nil {
			return doc, err
		}
		doc.Jumps = append(doc.Jumps, known)
	}
	revoked, err := a.trust.Revoked()
	if err != nil {
		return doc, err
	}
	broken, err := a.trust.Broken()
	doc.Revoked, doc.Broken = append(doc.Revoked, revoked...), append(doc.Broken, broken...)
	return doc, err
}

func (a *app) keysOf(name string, host *ssh.Host) (nodeKeys, error) {
	known := nodeKeys{Node: name, Host: host.KnownAs()}
	entries, err := a.trust.Entries(known.Host)
	known.Keys = append([]keys.Entry{}, entries...)
	return known, err
}

// jumps are the hosts on the way to the nodes, each once, without those that are nodes themselves.
func (a *app) jumps() ([]*ssh.Host, error) {
	seen := map[string]bool{}
	for _, n := range a.cfg.Nodes {
		seen[a.host(n.Name).KnownAs()] = true
	}
	var all []*ssh.Host
	for _, n := range a.cfg.Nodes {
		way, err := a.host(n.Name).Jumps()
		if err != nil {
			return nil, err
		}
		for _, j := range way {
			if as := j.KnownAs(); !seen[as] {
				seen[as] = true
				all = append(all, j)
			}
		}
	}
	return all, nil
}

func (d keysDoc) words() string {
	var b strings.Builder
	for _, n := range slices.Concat(d.Nodes, d.Jumps) {
		fmt.Fprintf(&b, "%s  %s\n", n.Node, n.Host)
		if len(n.Keys) == 0 {
			fmt.Fprintf(&b, "  not known; vmtui keys trust %s\n", n.Node)
		}
		for _, e := range n.Keys {
			fmt.Fprintf(&b, "  %s\n", entryWords(e))
		}
	}
	for _, e := range d.Revoked {
		fmt.Fprintf(&b, "revoked  %s  %s\n", e.Key(), e.Place())
	}
	for _, l := range d.Broken {
		fmt.Fprintf(&b, "broken, and left out  %s:%d  %s\n", l.File, l.Line, l.Why)
	}
	return b.String()
}

func entryWords(e keys.Entry) string {
	said := fmt.Sprintf("%-7s %s  %s", e.Type, e.Fingerprint, e.Place())
	if e.Marker != "" {
		said += "  " + e.Marker + " " + e.Names
	} else if e.Pattern {
		said += "  by the pattern " + e.Names
	}
	return said
}

func trustKey(f *flags) *cobra.Command {
	var print string
	cmd := &cobra.Command{
		Use: "trust NODE", Short: "Read the key that a node shows, and pin it when it is the right one", Args: between(1, 1),
		Example: "  vmtui keys trust worker-2\n  vmtui keys trust worker-2 --fingerprint SHA256:…",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(print != ""), func(ctx context.Context, a *app) error { return a.trustNode(ctx, f, args[0], print) })
		},
	}
	cmd.Flags().StringVar(&print, "fingerprint", "", "unattended: the `FINGERPRINT` that it must have, as read in the provider's console or elsewhere")
	return withJSON(f, cmd)
}

func (a *app) trustNode(ctx context.Context, f *flags, name, print string) error {
	host, err := a.hostToKnow(name)
	if err != nil {
		return err
	}
	key, err := host.HostKey(ctx)
	if err != nil {
		return err
	}
	known := host.KnownAs()
	peer := keys.Peer{Host: known, Name: name}
	before := a.trust.Fingerprints(known)
	if print != "" {
		err = a.trust.Accept(ctx, peer, key, print)
	} else {
		err = a.trust.Check(ctx, peer, key)
	}
	if err != nil {
		return err
	}
	shown := cryptossh.FingerprintSHA256(key)
	changed := strings.Join(before, " ") != strings.Join(a.trust.Fingerprints(known), " ")
	words := fmt.Sprintf("%s is trusted already: %s", name, shown)
	if changed {
		words = fmt.Sprintf("%s is trusted now: %s, in %s", name, shown, a.trust.Files()[0])
	}
	return f.answer(map[string]any{"node": name, "host": known, "fingerprint": shown, "changed": changed}, words)
}

// hostToKnow is a node, or a host on the way to one, whose key may be trusted or forgotten. That changes a file of the operator's, and so nothing where
// nothing may be changed.
func (a *app) hostToKnow(name string) (*ssh.Host, error) {
	host, err := a.called(name)
	switch {
	case err != nil:
		return nil, err
	case host == nil:
		return nil, a.cfg.NoNode(name)
	case a.door.ReadOnly():
		return nil, &fault.Error{What: "read-only", On: "the known hosts", Why: "nothing may be changed", Next: "leave --read-only and read_only out", Code: fault.Refused}
	}
	return host, nil
}

// called is the node of a name, or the host on the way to one; nil when there is none.
func (a *app) called(name string) (*ssh.Host, error) {
	if _, node := a.cfg.Node(name); node {
		return a.host(name), nil
	}
	for _, n := range a.cfg.Nodes {
		way, err := a.host(n.Name).Jumps()
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(way, func(j *ssh.Host) bool { return j.Name() == name }); i >= 0 {
			return way[i], nil
		}
	}
	return nil, nil
}

func forgetKey(f *flags) *cobra.Command {
	var confirm string
	cmd := &cobra.Command{
		Use: "forget NODE", Short: "Take a node's own lines out of known_hosts, and no others", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(confirm != ""), func(ctx context.Context, a *app) error { return a.forgetNode(ctx, f, args[0], confirm) })
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "unattended: the `NODE` again")
	return withJSON(f, cmd)
}

func (a *app) forgetNode(ctx context.Context, f *flags, name, confirm string) error {
	host, err := a.hostToKnow(name)
	if err != nil {
		return err
	}
	known := host.KnownAs()
	entries, err := a.trust.Entries(known)
	if err != nil {
		return err
	}
	own, stay := ownEntries(entries)
	if len(own) == 0 {
		return f.answer(map[string]any{"node": name, "host": known, "forgotten": own, "left": stay}, name+" has no line of its own"+leftWords(stay))
	}
	if err := a.mayForget(ctx, f, name, known, confirm, own); err != nil {
		return err
	}
	gone, err := a.trust.Forget(ctx, known)
	if err != nil {
		return err
	}
	words := fmt.Sprintf("%s is forgotten, %s", name, spelling.Count(len(gone), "line", "lines")) + leftWords(stay)
	return f.answer(map[string]any{"node": name, "host": known, "forgotten": gone, "left": stay}, words)
}

// ownEntries are those that name the host; the others are about more hosts than this one.
func ownEntries(entries []keys.Entry) (own, stay []keys.Entry) {
	own, stay = []keys.Entry{}, []keys.Entry{}
	for _, e := range entries {
		if e.Marker == "" && !e.Pattern {
			own = append(own, e)
		} else {
			stay = append(stay, e)
		}
	}
	return own, stay
}

func leftWords(stay []keys.Entry) string {
	var b strings.Builder
	for _, e := range stay {
		b.WriteString("\n  left, since it is about others too: " + clean.Line(entryWords(e)))
	}
	return b.String()
}

// mayForget shows the lines and asks.
func (a *app) mayForget(ctx context.Context, f *flags, name, known, confirm string, own []keys.Entry) error {
	if confirm == name {
		return nil
	}
	q := keys.Question{Subject: known, Text: fmt.Sprintf("forget the key of %s? The next login asks about it as if it had never been seen.", name)}
	for _, e := range own {
		q.Details = append(q.Details, clean.Line(entryWords(e)))
	}
	if confirm != "" || !f.attended(false) {
		return &fault.Error{What: "not confirmed", On: name, Why: strings.Join(q.Details, "; ") + " would go", Next: "read the lines; then repeat it with --confirm " + name, Code: fault.Refused}
	}
	answer, err := f.terminal().Ask(ctx, q)
	if err != nil {
		return err
	}
	if !answer.Yes {
		return &fault.Error{What: "not forgotten", On: name, Why: "the answer was not yes", Next: "nothing was changed", Code: fault.Refused}
	}
	return nil
}

// ledger reads what exec's ledger says of the node that is known under a name. It has no word on exec, nor on a jump host.
func (a *app) ledger(ctx context.Context, known string) ([]keys.Renewal, error) {
	for _, n := range a.cfg.Workers() {
		if a.host(n.Name).KnownAs() == known {
			return a.keeper.Renewals(ctx, n.Droplet)
		}
	}
	return nil, keys.ErrNoLedger
}
