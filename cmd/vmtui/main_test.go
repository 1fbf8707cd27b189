package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
)

// whole strikes every fault in every step; otherwise each fault strikes once or twice, and each step too.
var whole = flag.Bool("whole", false, "strike every fault in every step: some hundred walks")

// walkers is how many tests walk side by side; the race detector lets fewer.
var walkers = 12

// mingle lets a test of many walks go beside others where that spares time: not under the race detector, and not where its own walks are many.
func mingle(t *testing.T) {
	t.Helper()
	if !raced && !*whole {
		t.Parallel()
	}
}

// raced says that the race detector is at work.
var raced = false

// asProduct makes the test binary be vmtui: the tests drive real processes, which can be killed.
const asProduct = "VMTUI_TEST_BE_VMTUI"

func TestMain(m *testing.M) {
	if os.Getenv(asProduct) == "1" {
		if pipe := os.Getenv(asPanicking); pipe != "" && os.Args[1] != "monitor" {
			go panicOf(pipe)
		}
		main()
		return
	}
	if text := os.Getenv(asDoomed); text != "" {
		os.Exit(beDoomed(text))
	}
	// The walks mostly wait for the world; many of them wait as well side by side.
	flag.Parse()
	if *whole {
		walkers = 24
	}
	if err := flag.Set("test.parallel", strconv.Itoa(walkers)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// product is vmtui as a command on a box's config.
func product(ctx context.Context, config string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"--config", config}, args...)...) // #nosec G204 -- this very binary
	cmd.Env = append(os.Environ(), asProduct+"=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// said is how a command ended.
type said struct {
	code     int
	out, err string
}

func vmtui(t *testing.T, config string, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := product(ctx, config, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("vmtui %v: %v\n%s", args, err, errs.String())
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// line is one line of `run --json`.
type line struct {
	Type, Run, Step, State, Detail string
}

func lines(t *testing.T, out string) []line {
	t.Helper()
	var all []line
	for text := range strings.Lines(out) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("not JSON: %q: %v", text, err)
		}
		all = append(all, l)
	}
	return all
}

func last(t *testing.T, out string) line {
	t.Helper()
	all := lines(t, out)
	if len(all) == 0 {
		return line{}
	}
	return all[len(all)-1]
}

// startBox starts an instance that lives as long as the test, and in which every word to and from the provider must agree with its description.
func startBox(t *testing.T, change func(*box.Options)) *box.Box {
	t.Helper()
	judge := judgeOf(t)
	o := box.Options{Dir: t.TempDir(), Pace: box.Brisk(), Visitors: box.Rate{PerSecond: 10, WebSockets: 3}, BeforeAPI: judge.Both}
	if change != nil {
		change(&o)
	}
	b, err := box.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error("closing the box:", err)
		}
	})
	t.Cleanup(func() { agreed(t, judge) })
	return b
}

// leg is a `vmtui run --json` under way, whose lines can be waited for.
type leg struct {
	t     *testing.T
	cmd   *exec.Cmd
	errs  bytes.Buffer
	mu    sync.Mutex
	all   []line
	grown chan struct{}
	ended chan struct{}
}

func begin(t *testing.T, config string, args ...string) *leg {
	t.Helper()
	l := &leg{t: t, cmd: product(t.Context(), config, args...), grown: make(chan struct{}, 1), ended: make(chan struct{})}
	l.cmd.Stderr = &l.errs
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(l.ended)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			l.add(scan.Bytes())
		}
	}()
	return l
}

func (l *leg) add(text []byte) {
	var one line
	if json.Unmarshal(text, &one) != nil {
		return
	}
	l.mu.Lock()
	l.all = append(l.all, one)
	l.mu.Unlock()
	select {
	case l.grown <- struct{}{}:
	default:
	}
}

func (l *leg) seen(is func(line) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.all {
		if is(one) {
			return true
		}
	}
	return false
}

// until waits for a line, and reports false when the leg ended without it.
func (l *leg) until(is func(line) bool) bool {
	l.t.Helper()
	deadline := time.After(3 * time.Minute)
	for !l.seen(is) {
		select {
		case <-l.grown:
		case <-l.ended:
			return l.seen(is)
		case <-deadline:
			l.t.Fatalf("the awaited line did not come; so far %v\n%s", l.all, l.errs.String())
		}
	}
	return true
}

// end waits for the process and gives its exit code, -1 when a signal ended it.
func (l *leg) end() int {
	<-l.ended
	err := l.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	return l.cmd.ProcessState.ExitCode()
}

func (l *leg) run() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.all {
		if one.Run != "" {
			return one.Run
		}
	}
	return ""
}

func rebuilds(b *box.Box, node string) int { return b.API().Rebuilds(b.Droplet(node)) }

// mutations are the requests to the provider that were no reads.
func mutations(b *box.Box) []string {
	var all []string
	for _, r := range b.API().Requests() {
		if r.Method != "GET" {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	return all
}

// another is the config of a second operator with a store of their own.
func another(t *testing.T, b *box.Box, operator string) string {
	t.Helper()
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	state := regexp.MustCompile(`(?m)^state_dir:.*$`).ReplaceAllString(string(text), "state_dir: "+dir+"\noperator: "+operator)
	path := filepath.Join(filepath.Dir(b.ConfigPath()), operator+".yaml")
	if err := os.WriteFile(path, []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// headless is a `vmtui demo --headless` under way.
type headless struct {
	t                   *testing.T
	cmd                 *exec.Cmd
	config, site, stats string
}

func startHeadless(t *testing.T) *headless {
	t.Helper()
	h := &headless{t: t, cmd: product(t.Context(), "unused.yaml", "demo", "--headless")}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(out)
	for _, into := range []struct {
		name string
		at   *string
	}{{"config: ", &h.config}, {"site: ", &h.site}, {"stats: ", &h.stats}} {
		if !scan.Scan() {
			t.Fatalf("no line %q", into.name)
		}
		value, ok := strings.CutPrefix(scan.Text(), into.name)
		if !ok {
			t.Fatalf("want %q, got %q", into.name, scan.Text())
		}
		*into.at = value
	}
	return h
}

// stop ends the box and asserts that it left nothing.
func (h *headless) stop() {
	h.t.Helper()
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		h.t.Fatal(err)
	}
	_ = h.cmd.Wait() // the exit code is asserted
	if code := h.cmd.ProcessState.ExitCode(); code != 0 {
		h.t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(h.config); !os.IsNotExist(err) {
		h.t.Errorf("left behind: %s", h.config)
	}
}

func (l *leg) last() line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return line{}
	}
	return l.all[len(l.all)-1]
}
