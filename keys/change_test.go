package keys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

func TestForgetTakesOnlyThatHostsLines(t *testing.T) {
	a, b := publicKey(t), publicKey(t)
	stays := "# mine\r\n" + "broken\n" + pinLine(hostB, b) + "\n10.0.0.* " + keyText(b) + "\n@cert-authority * " + keyText(b) + "\n@revoked * " + keyText(b) + "\n"
	file := knownHosts(t, stays+pinLine(hostA, a)+"\n"+hashedLine(hostA, b)+"\nworker-1,10.0.0.11 "+keyText(a)+" note\r\n")
	tr := trust(t, nil, file)
	entries, err := tr.Entries(hostA)
	if err != nil || len(entries) != 5 || !entries[0].Pattern || entries[1].Marker != markAuthority {
		t.Fatalf("%v %+v", err, entries)
	}
	gone, err := tr.Forget(t.Context(), hostA)
	if err != nil || len(gone) != 3 || gone[0].Place() != file+":7" || gone[2].Place() != file+":9" || gone[0].Key() != named(a) {
		t.Errorf("%v %+v", err, gone)
	}
	if got, want := readAll(t, file), stays+"worker-1 "+keyText(a)+" note\r\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if gone, err := tr.Forget(t.Context(), hostA); err != nil || len(gone) != 0 {
		t.Errorf("%v %+v", err, gone)
	}
	if revoked, err := tr.Revoked(); err != nil || len(revoked) != 1 || revoked[0].Line != 6 {
		t.Errorf("%v %+v", err, revoked)
	}
}

func TestAcceptWantsTheVeryFingerprint(t *testing.T) {
	key, other := publicKey(t), publicKey(t)
	file := knownHosts(t, "")
	tr := trust(t, nil, file)
	if err := tr.Accept(t.Context(), peer(hostA), key, ssh.FingerprintSHA256(other)); fault.CodeOf(err) != fault.Refused || readAll(t, file) != "" {
		t.Errorf("%v", err)
	}
	for range 2 {
		if err := tr.Accept(t.Context(), peer(hostA), key, ssh.FingerprintSHA256(key)); err != nil {
			t.Error(err)
		}
	}
	if err := tr.Accept(t.Context(), peer(hostA), other, ssh.FingerprintSHA256(other)); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	if got := readAll(t, file); got != pinLine(hostA, key)+"\n" {
		t.Errorf("%q", got)
	}
}

func TestANewLineEndsAsTheFileDoes(t *testing.T) {
	a, b := publicKey(t), publicKey(t)
	for end, text := range map[string]string{"\r\n": "# mine\r\n" + pinLine(hostB, b) + "\r\n", "\n": "# mine\n" + pinLine(hostB, b) + "\n"} {
		for _, cut := range []string{"", end} {
			file := knownHosts(t, strings.TrimSuffix(text, cut))
			if err := trust(t, &script{answers: []Answer{{Yes: true}}}, file).Check(t.Context(), peer(hostA), a); err != nil {
				t.Fatal(err)
			}
			if got, want := readAll(t, file), text+pinLine(hostA, a)+end; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
	}
}

// Many processes change one file at once, each through its own lock: nothing of any of them is lost.
func TestManyWritersLoseNothing(t *testing.T) {
	real := knownHosts(t, "# mine\n")
	link := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	const each = 12
	old, now := make([]ssh.PublicKey, each), make([]ssh.PublicKey, each)
	host := func(i int) string { return fmt.Sprintf("10.1.0.%d:22", i) }
	first := trust(t, &script{answers: slices.Repeat([]Answer{{Yes: true}}, each)}, real)
	for i := range each {
		old[i], now[i] = publicKey(t), publicKey(t)
		if err := first.Check(t.Context(), peer(host(i)), old[i]); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range each {
		one, two := trust(t, nil, real), trust(t, &script{answers: []Answer{{Yes: true}}}, link)
		wg.Go(func() {
			if err := one.Renew(t.Context(), Window{Host: host(i), Old: printsOf(old[i]), Key: now[i], Until: soon()}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := two.Check(t.Context(), peer(host(100+i)), old[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	last := trust(t, nil, real)
	for i := range each {
		if last.Check(t.Context(), peer(host(i)), now[i]) != nil || last.Check(t.Context(), peer(host(100+i)), old[i]) != nil {
			t.Errorf("%d is lost in\n%s", i, readAll(t, real))
		}
	}
}

// ssh knows nothing of our lock: what it appends between our reading and our writing must not be lost.
func TestAFileThatSomebodyElseWroteIsReadAgain(t *testing.T) {
	old, now, theirs := publicKey(t), publicKey(t), publicKey(t)
	file := knownHosts(t, pinLine(hostA, old)+"\n")
	tr, tries := trust(t, nil, file), 0
	err := tr.change(t.Context(), hostA, func(k *known) error {
		if tries++; tries == 1 {
			write(t, file, readAll(t, file)+pinLine(hostB, theirs)+"\n", 0o600)
		}
		return k.renew(window(now, old))
	})
	if want := pinLine(hostA, now) + "\n" + pinLine(hostB, theirs) + "\n"; err != nil || tries != 2 || readAll(t, file) != want {
		t.Errorf("%v after %d tries: %q", err, tries, readAll(t, file))
	}
}

// A crash leaves the file as it was, and beside it what was not yet in its place; the next change is not hindered by that.
func TestWhatACrashLeftIsWrittenOver(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	file := knownHosts(t, pinLine(hostA, old)+"\n")
	left := write(t, filepath.Join(filepath.Dir(file), unfinished+filepath.Base(file)), "half a li", 0o600)
	if err := trust(t, nil, file).Renew(t.Context(), window(now, old)); err != nil || readAll(t, file) != pinLine(hostA, now)+"\n" {
		t.Errorf("%v %q", err, readAll(t, file))
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// A change waits for another process, and not for ever.
func TestAHeldLockIsGivenUpWithTheContext(t *testing.T) {
	file := knownHosts(t, "")
	unlock, err := lockDir(t.Context(), filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := trust(t, nil, file).Forget(ctx, hostA); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func renewals(prints ...string) []Renewal {
	var all []Renewal
	for i := 1; i < len(prints); i++ {
		all = append(all, Renewal{At: time.Now(), Old: strings.Split(prints[i-1], " "), New: prints[i], By: "mike", Run: fmt.Sprint("run-", i)})
	}
	return all
}

func TestTheLedgerVouchesByAnUnbrokenWayOnly(t *testing.T) {
	for name, c := range map[string]struct {
		all   []Renewal
		pins  string
		shown string
		steps int
	}{
		"one rebuild":              {renewals("a", "b"), "a", "b", 1},
		"three rebuilds":           {renewals("a", "b", "c", "d"), "a", "d", 3},
		"from the middle":          {renewals("a", "b", "c", "d"), "c", "d", 1},
		"written twice":            {append(renewals("a", "b"), renewals("a", "b")...), "a", "b", 1},
		"one of several was known": {renewals("a x", "b"), "x y", "b", 1},
		"another key is shown":     {renewals("a", "b"), "a", "z", 0},
		"a key thrown away":        {renewals("a", "b", "c"), "a", "b", 0},
		"another was pinned":       {renewals("a", "b"), "z", "b", 0},
		"a gap":                    {append(renewals("a", "b"), renewals("c", "d")...), "a", "d", 0},
		"nothing written":          {nil, "a", "b", 0},
	} {
		if got := unbroken(c.all, strings.Fields(c.pins), c.shown); len(got) != c.steps {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Whoever meets a new key while this very process renews it waits for that, and is asked nothing.
func TestNobodyIsAskedAboutAKeyThatIsBeingRenewed(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	file, asker := knownHosts(t, pinLine(hostA, old)+"\n"), &script{}
	tr := trust(t, asker, file)
	looked := make(chan struct{})
	tr.Consult(func(context.Context, string) ([]Renewal, error) {
		close(looked)
		return renewals(ssh.FingerprintSHA256(old), ssh.FingerprintSHA256(now)), nil
	})
	done := tr.Renewing(hostA)
	met := make(chan error)
	go func() { met <- tr.Check(t.Context(), peer(hostA), now) }()
	<-looked
	if err := tr.Renew(t.Context(), Window{Host: hostA, Old: []string{ssh.FingerprintSHA256(old)}, Key: now, Until: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	done()
	if err := <-met; err != nil || len(asker.asked) != 0 {
		t.Errorf("%v, asked %d times", err, len(asker.asked))
	}
}

func TestAChangedKeyThatTheLedgerNames(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	print := func(k ssh.PublicKey) string { return ssh.FingerprintSHA256(k) }
	book := func(context.Context, string) ([]Renewal, error) { return renewals(print(old), print(now)), nil }
	for name, c := range map[string]struct {
		ledger  Ledger
		answers []Answer
		code    fault.Code
		says    string
		asked   int
	}{
		"yes":              {book, []Answer{{Yes: true}}, 0, "", 1},
		"no":               {book, []Answer{{}}, fault.Refused, "not accepted", 1},
		"nobody":           {book, nil, fault.Refused, "accounts for it", 0},
		"nobody, told how": {book, nil, fault.Refused, "vmtui keys trust worker-2 --fingerprint " + print(now), 0},
		"not in it":        {func(context.Context, string) ([]Renewal, error) { return nil, nil }, []Answer{{Yes: true}}, fault.Refused, "no rebuild", 0},
		"cannot be read":   {func(context.Context, string) ([]Renewal, error) { return nil, errors.New("exec is gone") }, []Answer{{Yes: true}}, fault.Refused, "exec is gone", 0},
		"none of its own":  {func(context.Context, string) ([]Renewal, error) { return nil, ErrNoLedger }, []Answer{{Yes: true}}, fault.Refused, "has changed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			file := knownHosts(t, "# mine\n"+pinLine(hostA, old)+"\n")
			asker := &script{answers: c.answers}
			tr := trust(t, asker, file)
			if c.answers == nil {
				tr = trust(t, nil, file)
			}
			tr.Consult(c.ledger)
			err := tr.Check(t.Context(), peer(hostA), now)
			if fault.CodeOf(err) != c.code || len(asker.asked) != c.asked || c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, asked %d times", err, len(asker.asked))
			}
			if c.asked > 0 {
				all := strings.Join(asker.asked[0].Details, "\n")
				for _, want := range []string{print(old), print(now), file + ":2", "mike", "run-1"} {
					if !strings.Contains(all, want) {
						t.Errorf("%q is not in\n%s", want, all)
					}
				}
			}
			pinned := now
			if c.code != 0 {
				pinned = old
			}
			if got := readAll(t, file); got != "# mine\n"+pinLine(hostA, pinned)+"\n" {
				t.Errorf("%q", got)
			}
		})
	}
}
