package worker

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/lease"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// creating is the id of the step that creates.
const creating = "create"

// runTag begins the tag that a run gives its droplet: it is how a creation whose answer was lost is known as this run's.
const runTag = "vmtui:"

func (c *crew) creation() string {
	return fmt.Sprintf("creation of a droplet %s from image %d", c.node.Name, c.in.Image)
}

// create asks for the droplet once. Whatever is unclear afterwards is asked of the world by name, the run's own tag, and time; never sent again blindly.
func (c *crew) create() run.Step {
	n := c.in.New
	return run.Step{
		StepInfo: run.StepInfo{
			ID: creating, Title: "Create the droplet", Kind: run.Once, Confirm: c.node.Name, Usual: "a minute", Panes: []string{"balancer"},
			Why:    fmt.Sprintf("A machine of size %s in %s, with the tags, keys and network of %s. It is paid for from now on.", n.Size, n.Region, n.Model),
			NoUndo: "it is there, and paid for; put it into the config and retire it with " + Retire + ", or destroy it in the control panel",
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(c.post("RUN")+"   once", "GET /v2/actions/ID   until completed", "GET /v2/droplets/ID   until it has its addresses"),
		Observe:  c.observeCreated,
		Do:       c.sendCreation,
		Verify:   c.verifyCreated,
	}
}

// post is the request, but for the user data.
func (c *crew) post(run string) string {
	n := c.in.New
	return fmt.Sprintf("POST /v2/droplets {name: %s, region: %s, size: %s, image: %d, vpc_uuid: %s, tags: [%s], ssh_keys and user_data: of %s}",
		c.node.Name, n.Region, n.Size, c.in.Image, n.VPC, strings.Join(c.wanted(run, nil, "").Tags, ", "), n.Model)
}

func (c *crew) observeCreated(ctx context.Context, w *run.Walk) (run.Finding, error) {
	switch {
	case w.Fact(factDroplet) != "":
		return c.stillThere(ctx, w)
	case len(w.Intents("")) == 0:
		return pending("there is none yet"), nil
	}
	made, err := c.awaitMade(ctx, w)
	switch {
	case err != nil:
		return run.Finding{}, err
	case len(made) == 0:
		return pending("its creation was requested, and no droplet of that name and tag is to be seen; it may still appear"), nil
	case len(made) == 1:
		return run.Finding{Truth: run.UnderWay, Detail: fmt.Sprintf("it is droplet %d", made[0].ID)}, c.adoptDroplet(ctx, w, made[0])
	}
	f := run.Finding{Truth: run.Conflict, Detail: fmt.Sprintf("%s have that name and this run's tag", spelling.Count(len(made), "droplet", "droplets")), Hint: "look at them in the control panel; stop here, and destroy what is too many there"}
	for _, d := range made {
		f.Details = append(f.Details, fmt.Sprintf("droplet %d, %s, made %s", d.ID, d.Status, d.Created.Format(time.TimeOnly)))
	}
	return f, nil
}

// stillThere looks at a droplet that was accepted. Until it has its addresses it is still being made.
func (c *crew) stillThere(ctx context.Context, w *run.Walk) (run.Finding, error) {
	id, err := strconv.Atoi(w.Fact(factDroplet))
	if err != nil {
		return run.Finding{}, fmt.Errorf("the droplet's id %q: %w", w.Fact(factDroplet), err)
	}
	_, err = c.Cloud.Droplet(ctx, id)
	switch {
	case errors.Is(err, digitalocean.ErrNotFound):
		return pending("droplet %d was accepted, and is gone", id), nil
	case err != nil:
		return run.Finding{}, err
	case c.learn(w.Fact):
		return done("it is droplet %d at %s", id, c.in.Private), nil
	}
	return run.Finding{Truth: run.UnderWay, Detail: fmt.Sprintf("droplet %d was accepted", id)}, nil
}

// awaitMade gives a creation whose answer was lost time to be listed.
func (c *crew) awaitMade(ctx context.Context, w *run.Walk) (made []digitalocean.Droplet, err error) {
	_, err = c.shows(ctx, func() (bool, error) {
		made, err = c.made(ctx, w)
		return len(made) > 0, err
	})
	return made, err
}

// clocks is how far the provider's clock may be off this machine's.
const clocks = 10 * time.Minute

// made are the droplets that this run's request may have become: of its name and its tag, and not older than the request.
func (c *crew) made(ctx context.Context, w *run.Walk) ([]digitalocean.Droplet, error) {
	asked, err := time.Parse(time.RFC3339, w.Fact(factAsked))
	if err != nil {
		return nil, (&fault.Error{What: "the run does not say when the droplet was asked for", On: c.node.Name}).Because(err)
	}
	all, err := c.Cloud.Named(ctx, c.node.Name)
	return slices.DeleteFunc(all, func(d digitalocean.Droplet) bool {
		return !slices.Contains(d.Tags, runTag+w.Run()) || d.Created.Before(asked.Add(-clocks))
	}), err
}

func (c *crew) adoptDroplet(ctx context.Context, w *run.Walk, d digitalocean.Droplet) error {
	w.Out("adopted the droplet that the lost answer was about: %d", d.ID)
	return w.Remember(ctx, factDroplet, strconv.Itoa(d.ID))
}

// userDataScript gives what the metadata service says, in a form that survives the wire as it is; a droplet without any gets 404 or nothing.
const userDataScript = `f=$(mktemp) && trap 'rm -f "$f"' EXIT
code=$(curl -sS -m 5 -o "$f" -w '%{http_code}' "$1") || exit 1
case $code in 200) base64 "$f" | tr -d '\n';; 404) ;; *) exit 1;; esac`

// userData is what first boot of the model was given. It may hold secrets, so it stays in this process and goes nowhere but to the provider.
func (c *crew) userData(ctx context.Context) (string, error) {
	if c.in.New.Data == nobodys {
		return "", nil
	}
	out, err := c.like().ask(ctx, "reading the user data", userDataScript, "http://169.254.169.254/metadata/v1/user-data")
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(out)
	if err != nil {
		return "", &fault.Error{What: "the user data cannot be read whole", On: c.in.New.Model, Why: "what came back is not what was sent", Next: "leave it out: --set user_data=" + nobodys}
	}
	return string(data), nil
}

func (c *crew) sendCreation(ctx context.Context, w *run.Walk) error {
	if said, err := c.checkName(ctx); err != nil {
		return err
	} else {
		w.Out("name: %s", said)
	}
	theirs, err := c.like().ask(ctx, "reading the model's public keys", metadata+"public-keys")
	if err != nil {
		return err
	}
	data, err := c.userData(ctx)
	if err != nil {
		return err
	}
	for fact, value := range map[string]string{factDroplet: "", factAsked: time.Now().UTC().Format(time.RFC3339)} {
		if err := w.Remember(ctx, fact, value); err != nil {
			return err
		}
	}
	want := c.wanted(w.Run(), fingerprintsOf(theirs), data)
	err = w.Act(ctx, act.Act{Verb: "create", Target: c.node.Name, What: c.post(w.Run()), Danger: act.Changes}, func(ctx context.Context, p act.Permit) error {
		d, action, err := c.Cloud.CreateDroplet(ctx, p, want)
		if err != nil {
			return err
		}
		if action > 0 {
			if err := w.Remember(ctx, factAction, strconv.Itoa(action)); err != nil {
				return err
			}
		}
		return w.Remember(ctx, factDroplet, strconv.Itoa(d.ID))
	})
	if errors.Is(err, remote.ErrUnknown) {
		return c.settleCreation(ctx, w, err)
	}
	return err
}

// settleCreation asks the world what became of a request whose answer was lost. Only a sole droplet of this run settles it.
func (c *crew) settleCreation(ctx context.Context, w *run.Walk, lost error) error {
	w.Out("no answer to the request; asking the provider for a droplet %s with the tag %s", c.node.Name, runTag+w.Run())
	made, err := c.awaitMade(ctx, w)
	if err != nil || len(made) != 1 {
		return errors.Join(lost, err)
	}
	return c.adoptDroplet(ctx, w, made[0])
}

// verifyCreated follows the droplet until it runs and has its addresses, and keeps them: no config knows it yet.
func (c *crew) verifyCreated(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		id, err := strconv.Atoi(w.Fact(factDroplet))
		if err != nil {
			return run.Progress{}, decided((&fault.Error{What: "the run does not know its droplet", On: c.node.Name}).Because(err))
		}
		if err := c.creationErred(ctx, w); err != nil {
			return run.Progress{}, err
		}
		d, err := c.Cloud.Droplet(ctx, id)
		switch {
		case errors.Is(err, digitalocean.ErrNotFound):
			return run.Progress{}, decided(&fault.Error{What: "the droplet is gone", On: fmt.Sprintf("droplet %d (%s)", id, c.node.Name), Why: "the provider accepted it and knows it no more", Next: "look at the account's actions in the control panel; retry asks for a new one"})
		case err != nil:
			return run.Progress{}, err
		case d.Status != "active" || d.PrivateIP == "":
			return run.Progress{For: fmt.Sprintf("droplet %d, which is %s", id, d.Status), Again: c.Config.DigitalOcean.Poll, Usual: "a minute"}, nil
		}
		return run.Progress{Done: true, Detail: fmt.Sprintf("droplet %d at %s", id, d.PrivateIP)}, c.keepAddresses(ctx, w, d)
	}
}

// creationErred tells a creation that the provider has given up; an adopted droplet's action is not known.
func (c *crew) creationErred(ctx context.Context, w *run.Walk) error {
	if w.Fact(factAction) == "" {
		return nil
	}
	a, err := c.action(ctx, w)
	if err != nil || a.Status != digitalocean.Errored {
		return err
	}
	return decided(&fault.Error{
		What: "the creation ended in an error", On: fmt.Sprintf("droplet %s (%s)", w.Fact(factDroplet), c.node.Name), Why: fmt.Sprintf("action %d errored; whether anything of it is left, and paid for, is not known", a.ID),
		Next: "look at the droplet in the control panel and destroy what is left of it; then begin anew",
	})
}

func (c *crew) keepAddresses(ctx context.Context, w *run.Walk, d digitalocean.Droplet) error {
	for _, f := range [][2]string{{factPublic, d.PublicIP}, {factPrivate, d.PrivateIP}} {
		if err := w.Remember(ctx, f[0], f[1]); err != nil {
			return decided(err)
		}
	}
	c.learn(w.Fact)
	// A machine that is gone may have had the address, and its key is pinned still.
	if err := w.Remember(ctx, factOldKeys, strings.Join(c.Trust.Fingerprints(c.in.KnownAs), " ")); err != nil {
		return decided(err)
	}
	return nil
}

// appear waits for the new machine to show its host key to exec, over the private network, which no stranger stands in.
func (c *crew) appear() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "come-back", Title: "Wait for it to come up", Kind: run.Read, NoUndo: "it changed nothing", Usual: "a minute or two", Panes: []string{"balancer"},
			Why: "Its first host key is read from exec over the private network, not from here over the internet, where anybody could stand between.",
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(fmt.Sprintf("%s$ ssh-keyscan -T 5 %s   until it answers", c.Config.Exec().Name, c.in.Private)),
		Verify: func(w *run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				key, err := c.scan(ctx, cryptossh.KeyAlgoED25519)
				if err != nil || key == nil {
					return run.Progress{For: "its sshd to answer exec", Again: c.Config.SSH.Retry}, err
				}
				if err := w.Remember(ctx, factKey, string(cryptossh.MarshalAuthorizedKey(key))); err != nil {
					return run.Progress{}, decided(err)
				}
				return run.Progress{Done: true, Detail: "it answers with the key " + fingerprint(key)}, nil
			}
		},
	}
}

// pin is trustKey for a machine that had no key before.
func (c *crew) pin() run.Step {
	s := c.trustKey()
	s.Title, s.NoUndo = "Pin its host key", "the key is the new machine's own"
	s.Plan = plan("known_hosts: pin the key under "+c.in.KnownAs, fmt.Sprintf("%s$ append its fingerprint to %s/host-keys.log", c.Config.Exec().Name, lease.Dir))
	s.Why = "From now on nobody else is taken for it. The key was read from exec over the private network, and a ledger on exec says so for good."
	return s
}

// meet proves that the machine behind the address is the droplet that was made.
func (c *crew) meet() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "identity", Title: "Prove that it is the new droplet", Kind: run.Read, NoUndo: "it changed nothing", Usual: "at once", Panes: []string{"host"},
			Why: "What is provisioned and taken into service must be what is paid for.",
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan(fmt.Sprintf("%s$ %sid   must be %s", c.node.Name, metadata, c.id())),
		Verify: func(*run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				said, err := c.checkIdentity(ctx)
				if err != nil && fault.CodeOf(err) == fault.Refused {
					return run.Progress{}, decided(err)
				}
				if err != nil {
					c.host().Drop()
					return run.Progress{For: "a login: " + fault.Of(err).What, Again: c.Config.SSH.Retry}, nil
				}
				return run.Progress{Done: true, Detail: said}, nil
			}
		},
	}
}

// id is the droplet's, or a word for one that is not known yet.
func (c *crew) id() string {
	if c.in.Droplet == 0 {
		return "ID"
	}
	return strconv.Itoa(c.in.Droplet)
}
