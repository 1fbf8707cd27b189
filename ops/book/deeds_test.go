package book

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/webhook"
)

// atEdge puts an edge before the bed, and gives it with the room that purges there.
func (b *bed) atEdge() (*edge.Server, *cache.Room) {
	b.t.Helper()
	srv := edge.New(edge.Options{Token: "t", Zone: b.deps.Config.Cloudflare.Zone})
	if err := srv.Start(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = srv.Close() })
	wire, err := cloudflare.New(cloudflare.Config{URL: srv.URL(), Zone: b.deps.Config.Cloudflare.Zone, Token: func(context.Context) (string, error) { return "t", nil }})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = wire.Close() })
	cfg := *b.deps.Config
	cfg.StateDir = b.dir
	room := &cache.Room{Config: &cfg, Operator: "mike@laptop", Edge: wire, Redact: b.deps.Redact}
	b.deps.Caches = room
	return srv, room
}

// purged is what an edge was told to purge, but for what never was.
func purged(srv *edge.Server) []string {
	var out []string
	for _, p := range srv.Purges() {
		if p.Everything {
			out = append(out, "everything")
		}
		out = append(out, p.Files...)
	}
	return slices.DeleteFunc(out, func(s string) bool { return strings.Contains(s, "/.vmtui/") })
}

// A purge is waited for where the API asks for patience, asked for again where no answer came, and kept.
func TestAPurgeIsPatientAndKept(t *testing.T) {
	b := newBed(t)
	srv, room := b.atEdge()
	rb := b.book(head+"  - {id: urls, title: U, why: W, purge: {urls: ['https://vmst.example/about', 'https://vmst.example/explore']}}\n", "", b.said())
	lines, err := rb.Steps[0].Plan(t.Context())
	if plan := strings.Join(lines, "\n"); err != nil || !strings.Contains(plan, "proves that the token may purge") || !strings.Contains(plan, "{files: 2}\n    https://vmst.example/about\n") {
		t.Errorf("%v\n%s", err, plan)
	}
	srv.Spare(1) // the proof of the token
	srv.RateLimit(1)
	srv.ApplyThen502(1)
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Done || !strings.Contains(b.lines(id), "rate limit") {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if got := strings.Join(purged(srv), " "); !strings.HasSuffix(got, "https://vmst.example/about https://vmst.example/explore") {
		t.Error(got)
	}
	kept, err := room.Records()
	if err != nil || len(kept) != 1 || kept[0].Tally() != "2 of 2 purged" || !strings.Contains(b.lines(id), "purge "+kept[0].ID) {
		t.Errorf("%+v %v\n%s", kept, err, b.lines(id))
	}
}

// What a purge left is named, kept, and can be repeated; the step waits for the operator.
func TestAPurgeThatLeavesSomething(t *testing.T) {
	b := newBed(t)
	srv, room := b.atEdge()
	srv.Forbid("purge", true)
	rb := b.book(head+"  - {id: urls, title: U, why: W, purge: {urls: ['https://vmst.example/about']}}\n", "", b.said())
	id := b.start(rb)
	state := b.walk(id, rb, run.Mode{})
	kept, err := room.Records()
	if err != nil || len(kept) != 1 || len(kept[0].Rest()) != 1 || state == run.Done || !strings.Contains(b.lines(id), "vmtui purge --repeat "+kept[0].ID) || len(purged(srv)) != 0 {
		t.Errorf("%s %+v %v\n%s", state, kept, err, b.lines(id))
	}
}

func TestPurgesAndNotices(t *testing.T) {
	b := newBed(t)
	var posts []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posts = append(posts, r.URL.Path+" "+string(body))
	}))
	defer hook.Close()
	srv, _ := b.atEdge()
	b.deps.Hooks = webhook.New(nil)
	b.deps.Secret = func(_ context.Context, ref string) (string, error) {
		if ref != "file:"+filepath.Join(b.dir, "hook") {
			return "", errors.New(ref)
		}
		return hook.URL + "/hunter2", nil
	}
	rb := b.book(head+"  - {id: urls, title: U, why: W, purge: {urls: ['https://vmst.example${{ inputs.dir }}']}}\n"+
		"  - {id: all, title: A, why: W, purge: {everything: true}}\n"+
		"  - {id: tell, title: T, why: W, notify: {url: 'file:hook', body: {text: 'said \"${{ inputs.dir }}\" by ${{ operator }}', n: 1, list: [true, null]}}}\n", "", map[string]string{"dir": `/"},"x":"`})
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.AtGate || len(posts) != 0 {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{Confirm: "vmst.example"}); state != run.Done {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if got := strings.Join(purged(srv), " "); got != `https://vmst.example/%22%7D,%22x%22:%22 everything` {
		t.Error(got)
	}
	if len(posts) != 1 || posts[0] != `/hunter2 {"list":[true,null],"n":1,"text":"said \"/\"},\"x\":\"\" by mike"}` {
		t.Errorf("%q", posts)
	}
	if strings.Contains(b.lines(id), "hunter2") || strings.Contains(b.lines(id), hook.URL) {
		t.Error(b.lines(id))
	}
}

type queues map[string]int64

func (q queues) Snapshot(context.Context) (sidekiq.Snapshot, error) {
	var s sidekiq.Snapshot
	for name := range q {
		s.Queues = append(s.Queues, sidekiq.Queue{Name: name, Size: q[name]})
		q[name] -= 10
	}
	return s, nil
}

func TestWaits(t *testing.T) {
	b := newBed(t)
	b.deps.Queues = queues{"pull": 15}
	pages := 0
	b.deps.Visit = func(context.Context, string) (int, error) {
		pages++
		if pages < 2 {
			return 0, errors.New("no route")
		}
		return 200, nil
	}
	rb := b.book(head+
		"  - {id: queue, title: Q, why: W, wait: {queue: pull, under: 10, every: 10ms}}\n"+
		"  - {id: none, title: Q, why: W, wait: {queue: unheard, under: 1}}\n"+
		"  - {id: page, title: P, why: W, wait: {http: 'https://vmst.example/', on: here, times: 2, every: 10ms}}\n"+
		"  - {id: command, title: C, why: W, wait: {command: 'echo x >> \"$1/tries\"; test \"$(wc -l < \"$1/tries\")\" -ge 3', args: ['${{ inputs.dir }}'], every: 10ms}}\n"+
		"  - {id: file, title: F, why: W, wait: {file: '${{ inputs.dir }}/tries'}}\n"+
		"  - {id: never, title: N, why: W, deadline: 3s, wait: {file: '${{ inputs.dir }}/never', every: 10ms}}\n", "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.AtGate || !strings.Contains(b.lines(id), "never is not there") || !strings.Contains(b.story(id), "file:done") {
		t.Errorf("%s %s\n%s", state, b.story(id), b.lines(id))
	}
}

// masto puts a Mastodon on the bed whose tootctl is a script; whoever logs in there is its user.
func (b *bed) masto(script string) {
	b.t.Helper()
	b.write("live/bin/tootctl", "#!/bin/sh\n"+script)
	if err := os.Chmod(filepath.Join(b.dir, "live/bin/tootctl"), 0o700); err != nil { // #nosec G302 -- a program
		b.t.Fatal(err)
	}
	m := &b.deps.Jobs.Node.Mastodon
	m.User, m.Dir = b.deps.Jobs.Host.User(), filepath.Join(b.dir, "live")
}

// What changes something is a job: its words arrive as they are, what it says is there for the steps behind it, and its bars are not.
func TestTootctlIsAJob(t *testing.T) {
	b := newBed(t)
	b.masto(`printf '%s|' "$RAILS_ENV" "$@" >"$PWD/said"; printf '1/2 |=  | ETA: 00:00:01\r2/2 |==| Time: 00:00:02\n'; echo OK; exit 3`)
	rb := b.book(head+"  - {id: toot, title: T, why: W, tootctl: {args: [accounts, modify, '${{ inputs.dir }}; id', --role, \"a b\"], exits: [3]}}\n"+
		at("sure", "if: 'steps.toot.output == \"OK\" && steps.toot.code == 3', "), "", map[string]string{"dir": "$(id) 'x'"})
	id := b.start(rb)
	b.walk(id, rb, run.Mode{})
	got, err := os.ReadFile(filepath.Join(b.dir, "live/said"))
	if err != nil || string(got) != "production|accounts|modify|$(id) 'x'; id|--role=a b|" || !strings.Contains(b.story(id), "toot:done") || strings.Contains(b.story(id), "sure:skipped") {
		t.Errorf("%s %v\n%s\n%s", got, err, b.story(id), b.lines(id))
	}
}

// A start whose answer was lost is found by the job's id, and is not done twice.
func TestALostStartOfAJobIsFound(t *testing.T) {
	b := newBed(t)
	b.masto(`echo ran >>"$PWD/said"; echo "Removed 3 media attachments (approx. 1 KB)"`)
	rb := b.book(head+"  - {id: toot, title: T, why: W, tootctl: {args: [media, remove]}}\n", "", b.said())
	id := b.start(rb)
	b.drops("setsid")
	if state := b.walk(id, rb, run.Mode{}); state != run.Unknown {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{}); state != run.Done {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if got, err := os.ReadFile(filepath.Join(b.dir, "live/said")); err != nil || string(got) != "ran\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// What asks, what lies about reading, and what tootctl would not take is not run; an exit status of 0 without the closing line is unknown.
func TestTootctlThatIsNotRun(t *testing.T) {
	for name, x := range map[string]struct {
		step string
		want run.State
		why  string
		ran  bool
	}{
		"it asks":   {"args: [self-destruct]", run.Refused, "only an operator may answer", false},
		"it lies":   {"args: [media, remove], read: true", run.Refused, "it does not only read", false},
		"a mistake": {"args: [media, remove, --dayz, 3]", run.AtGate, "no such option", false},
		"it reads":  {"args: [media, usage], read: true", run.Done, "done", true},
		"unsure":    {"args: [media, remove]", run.Unknown, "the line that says so is missing", true},
	} {
		b := newBed(t)
		b.masto(`echo done; touch "$PWD/ran"`)
		rb := b.book(head+"  - {id: toot, title: T, why: W, tootctl: {"+x.step+"}}\n", "", b.said())
		id := b.start(rb)
		if state := b.walk(id, rb, run.Mode{}); state != x.want || !strings.Contains(b.lines(id), x.why) {
			t.Errorf("%s: %s\n%s", name, state, b.lines(id))
		}
		if _, err := os.Stat(filepath.Join(b.dir, "live/ran")); (err == nil) != x.ran {
			t.Errorf("%s: ran: %v", name, err)
		}
	}
}

// A step that brings a new password says so before anything has begun, and a run no more once that step is done.
func TestAStepThatBringsAPassword(t *testing.T) {
	for step, want := range map[string]bool{
		"args: [accounts, modify, picard, --reset-password]": true, "args: [accounts, create, picard, --email, a@b.example]": true, "args: [accounts, modify, picard, --approve]": false,
	} {
		b := newBed(t)
		rb := b.book(head+"  - {id: toot, title: T, why: W, tootctl: {"+step+"}}\n", "", b.said())
		done := &run.View{Steps: []run.StepView{{StepInfo: run.StepInfo{ID: "toot"}, State: run.StepDone}}}
		failed := &run.View{Steps: []run.StepView{{StepInfo: run.StepInfo{ID: "toot"}, State: run.StepFail}}}
		if rb.Hands(nil) != want || rb.Hands(failed) != want || rb.Hands(done) {
			t.Errorf("%s: %v", step, rb.Hands(nil))
		}
	}
}

// hands take what they are handed, or not.
type hands struct {
	had   string
	takes []job.Holder // what is answered, one after the other
}

func (h *hands) Hand(_ context.Context, _, password string) job.Holder {
	h.had = password
	return h.Holder("")
}

func (h *hands) Holder(string) job.Holder {
	if len(h.takes) == 0 {
		return job.Nobody
	}
	x := h.takes[0]
	h.takes = h.takes[1:]
	return x
}

// A password that a run was given goes to who walks it, and nothing goes on before it is taken; whether somebody has it stands in the transcript, and the
// password itself does not. One that nobody has fails the step.
func TestARunWaitsUntilItsPasswordIsTaken(t *testing.T) {
	for name, x := range map[string]struct {
		takes []job.Holder
		state run.State
		says  string
	}{
		"at once": {[]job.Holder{job.Taken}, run.Done, job.Handed},
		"later":   {[]job.Holder{job.Waits, job.Waits, job.Taken}, run.Done, job.Handed},
		"never":   {nil, run.AtGate, job.Lost},
		"let go":  {[]job.Holder{job.Waits}, run.AtGate, "failed: a new password that nobody has: it was set"},
	} {
		b := newBed(t)
		b.masto(`echo OK; echo "New password: hunter2"`)
		h := &hands{takes: x.takes}
		b.deps.Hands = h
		rb := b.book(head+"  - {id: toot, title: T, why: W, tootctl: {args: [accounts, modify, picard, --reset-password]}}\n", "", b.said())
		id := b.start(rb)
		state := b.walk(id, rb, run.Mode{Unattended: true})
		if text := b.lines(id); state != x.state || h.had != "hunter2" || !strings.Contains(text, x.says) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s, %q: %s", name, state, h.had, text)
		}
	}
}
