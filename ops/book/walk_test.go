package book

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

const head = "title: Try it\nsummary: It tries.\ninputs:\n  dir: {type: string}\nsteps:\n"

// at is a step that appends a word to a file of the directory.
func at(id, more string) string {
	return "  - {id: " + id + ", title: Do " + id + ", why: To see it., " + more + "run: {on: exec, script: 'echo " + id + ` >> "$1/log"', args: ['${{ inputs.dir }}']}}` + "\n"
}

func (b *bed) log() string {
	text, err := os.ReadFile(filepath.Join(b.dir, "log"))
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

func (b *bed) said() map[string]string { return map[string]string{"dir": b.dir} }

// drops lets commands that hold a word run, and loses their answer, once.
func (b *bed) drops(word string) {
	b.host.before = func(line string) bool {
		if !strings.Contains(line, word) {
			return true
		}
		b.host.before = nil
		return false
	}
}

func TestStepsAreWalkedAndTakenBack(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+
		"  - {id: one, title: One, why: W, run: {on: exec, script: 'echo one >> \"$1/log\"', args: ['${{ inputs.dir }}']}, undo: {run: {script: 'echo un-one >> \"$1/log\"', args: ['${{ inputs.dir }}']}}}\n"+
		"  - {id: two, title: Two, why: W, run: {on: exec, script: 'echo two >> \"$1/log\"', args: ['${{ inputs.dir }}']}, undo: none}\n"+
		"  - {id: sure, title: Sure, why: W, ask: {question: Go on?, attended: true}}\n", "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.AtGate {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{Undo: true}); state != run.Undone {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if got := b.log(); got != "one two un-one" {
		t.Error(got)
	}
}

func TestWhatIsNotWantedIsLeftOut(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+
		"  - {id: seen, title: Seen, why: W, run: {on: exec, script: 'echo 7; exit 1', read: true, exits: [0, 1]}}\n"+
		at("big", "if: int(steps.seen.output) > 6 && steps.seen.code == 1, ")+at("small", "if: int(steps.seen.output) < 6, ")+
		"  - {id: many, title: Many, why: W, run: {on: workers, script: 'echo \"$1\"', args: ['${{ node }}'], read: true}}\n"+
		"  - {id: all, title: All, why: W, if: 'steps.many.output == \"worker-1\\nworker-2\\nworker-3\"', run: {on: workers, script: 'echo \"$1=$2\" >> \"$3/log\"', args: ['${{ node }}', '${{ steps.many.output }}', '${{ inputs.dir }}']}}\n"+
		"  - {id: here, title: Here, why: W, run: {on: worker-2, script: 'echo \"$1=$2\" >> \"$3/log\"', args: ['${{ node }}', '${{ steps.many.output }}', '${{ inputs.dir }}']}}\n"+
		at("last", "if: not steps.small.ran, "), "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Done {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	// `all` is judged at each worker, where `many` means what it said on this one.
	if got := b.log(); got != "big worker-2=worker-2 last" {
		t.Errorf("%s\n%s", got, b.story(id))
	}
	if story := b.story(id); !strings.Contains(story, "small:skipped") || !strings.Contains(story, "all@worker-1:skipped") || !strings.Contains(story, "big:done") {
		t.Error(story)
	}
}

func TestAConditionThatCannotBeJudgedIsAGate(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+"  - {id: seen, title: Seen, why: W, run: {on: exec, script: 'echo full', read: true}}\n"+at("big", "if: int(steps.seen.output) > 6, "), "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.AtGate || b.log() != "" || !strings.Contains(b.lines(id), "cannot be judged") {
		t.Errorf("%s\n%s", state, b.lines(id))
	}
}

// A plain command whose answer is lost is unknown, and is never sent again without the operator.
func TestALostAnswerIsUnknownAndNotSentAgain(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("once", ""), "", b.said())
	id := b.start(rb)
	b.drops("once")
	for range 3 {
		if state := b.walk(id, rb, run.Mode{}); state != run.Unknown {
			t.Fatalf("%s\n%s", state, b.lines(id))
		}
	}
	if got := b.log(); got != "once" {
		t.Error(got)
	}
}

func TestAProofSettlesALostAnswer(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+"  - {id: once, title: Once, why: W, run: {on: exec, script: 'echo once >> \"$1/log\"', args: ['${{ inputs.dir }}'], proof: {script: 'test -e \"$1/log\"', args: ['${{ inputs.dir }}']}}}\n", "", b.said())
	id := b.start(rb)
	b.drops("echo once")
	if state := b.walk(id, rb, run.Mode{}); state != run.Unknown {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{}); state != run.Done || b.log() != "once" {
		t.Errorf("%s %s\n%s", state, b.log(), b.lines(id))
	}
	again := b.start(rb)
	if state := b.walk(again, rb, run.Mode{}); state != run.Done || b.log() != "once" || b.story(again) != "once:already" {
		t.Errorf("%s %s", b.log(), b.story(again))
	}
}

func TestIdempotentCommandsAreDoneAgain(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+"  - {id: again, title: Again, why: W, run: {on: exec, script: 'echo again >> \"$1/log\"', args: ['${{ inputs.dir }}'], idempotent: true}}\n", "", b.said())
	id := b.start(rb)
	b.drops("again")
	if state := b.walk(id, rb, run.Mode{}); state != run.Unknown {
		t.Fatalf("%s\n%s", state, b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{}); state != run.Done || b.log() != "again again" {
		t.Errorf("%s %s", state, b.log())
	}
}

// A run goes on with what it began with, whatever has become of its file.
func TestAResumeWalksWhatWasFrozen(t *testing.T) {
	for name, change := range map[string]func(*bed){
		"changed": func(b *bed) { b.write("runbooks/try-it.yaml", head+at("quite", "")+at("else", "")) },
		"broken":  func(b *bed) { b.write("runbooks/try-it.yaml", "{{{") },
		"gone": func(b *bed) {
			if err := os.Remove(filepath.Join(b.dir, "runbooks/try-it.yaml")); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			rb := b.book(head+at("one", "")+"  - {id: sure, title: Sure, why: W, gate: true, run: {on: exec, script: 'true'}}\n"+at("two", ""), "", b.said())
			id := b.start(rb)
			if state, err := b.engine.Walk(t.Context(), id, rb, run.Mode{Unattended: true}); err != nil || state != run.AtGate {
				t.Fatalf("%s %v", state, err)
			}
			change(b)
			b.open()
			v, err := b.engine.View(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			frozen, changed, err := NewShelf(b.deps, nil).Frozen(t.Context(), v.Header)
			if err != nil || !changed {
				t.Fatal(changed, err)
			}
			if state := b.walk(id, frozen, run.Mode{}); state != run.Done || b.log() != "one two" {
				t.Errorf("%s %s\n%s", state, b.log(), b.lines(id))
			}
		})
	}
}

// What is built from the file of today does not resume a run of yesterday's.
func TestAnotherDefinitionOrInputIsRefused(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", "gate: true, "), "", b.said())
	id := b.start(rb)
	for name, other := range map[string]run.Runbook{
		"definition": b.book(head+at("one", "gate: true, ")+"# a remark\n", "", b.said()),
		"input":      b.book(head+at("one", "gate: true, "), "", map[string]string{"dir": "/elsewhere"}),
	} {
		if _, err := b.engine.Walk(t.Context(), id, other, run.Mode{Unattended: true, Yes: true}); fault.CodeOf(err) != fault.Refused {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

func TestARunIsForTheHostsThatItWasMadeFor(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", "gate: true, "), "", b.said())
	h := rb.Header("mike")
	n := &b.deps.Config.Nodes[0]
	n.Droplet = 99
	if _, _, err := NewShelf(b.deps, nil).Frozen(t.Context(), h); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "another host") {
		t.Error(err)
	}
}

func TestNothingPassesAShutDoor(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", ""), "", b.said())
	b.door.SetReadOnly(true)
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Refused || b.log() != "" || len(b.host.lines) != 0 {
		t.Errorf("%s %s %q", state, b.log(), b.host.lines)
	}
}

func TestNothingPassesWithoutTheLease(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", ""), "", b.said())
	b.engine.Door = act.NewDoor(false, nil)
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Refused || b.log() != "" {
		t.Errorf("%s %s", state, b.log())
	}
}

func TestWhatDestroysWantsTheNameTyped(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", "danger: destroys, "), "", b.said())
	id := b.start(rb)
	for _, confirm := range []string{"", "worker-1"} {
		if state := b.walk(id, rb, run.Mode{Confirm: confirm}); state != run.AtGate || b.log() != "" {
			t.Fatalf("%q: %s %s", confirm, state, b.log())
		}
	}
	if state := b.walk(id, rb, run.Mode{Confirm: "exec"}); state != run.Done || b.log() != "one" {
		t.Errorf("%s %s\n%s", state, b.log(), b.lines(id))
	}
}

func TestAPlanChangesNothingAndSaysEverything(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+at("one", "if: inputs.dir == \"/\", ")+at("two", "")+"  - {id: three, title: T, why: W, run: {on: workers, script: 'echo \"$1\"', args: ['${{ steps.two.output }} on ${{ node }}']}}\n", "", b.said())
	var plans []string
	for s, err := range b.engine.Plan(t.Context(), rb) {
		if err != nil || s.Err != nil {
			t.Fatal(err, s.Err)
		}
		plans = append(plans, string(s.Finding.Truth)+" "+strings.Join(s.Plan, " / "))
	}
	all := strings.Join(plans, "\n")
	for _, want := range []string{"left out exec$ echo one", "only if inputs.dir ==", `pending exec$ echo two >> "$1/log"   $1=` + b.dir, "worker-3$ echo \"$1\"   $1='${{ steps.two.output }} on worker-3'"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if len(b.host.lines) != 0 {
		t.Errorf("%q", b.host.lines)
	}
}

func TestSecretsDoNotPassFromStepToStep(t *testing.T) {
	b := newBed(t)
	rb := b.book(head+"  - {id: said, title: Said, why: W, run: {on: exec, script: 'p=sword; q=hunt; echo \"New password: ${p}fish; and ${q}er2\"', read: true}}\n"+
		"  - {id: pass, title: Pass, why: W, run: {on: exec, script: 'echo \"$2\" >> \"$1/log\"', args: ['${{ inputs.dir }}', '${{ steps.said.output }}']}}\n", "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Done {
		t.Fatal(b.lines(id))
	}
	for _, text := range []string{b.log(), b.lines(id)} {
		if strings.Contains(text, "swordfish") || strings.Contains(text, "hunter2") || !strings.Contains(text, "New password: •••") {
			t.Error(text)
		}
	}
}

func TestTargetsAndInputsAreHeldAgainstTheRunbook(t *testing.T) {
	b := newBed(t)
	forWorker := "target: worker\n" + head + "  - {id: one, title: One, why: W, run: {script: 'true'}}\n"
	b.write("runbooks/try-it.yaml", forWorker)
	build := NewShelf(b.deps, nil).Books()[0].Build
	for name, x := range map[string]struct {
		target string
		said   map[string]string
		why    string
	}{
		"no target": {"", b.said(), "no target"}, "exec": {"exec", b.said(), "role exec"}, "nobody": {"worker-9", b.said(), "no node"},
		"missing": {"worker-1", nil, "missing"}, "unknown": {"worker-1", map[string]string{"dir": "/", "dri": "/"}, "dri"},
	} {
		if _, err := build(t.Context(), x.target, x.said); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), x.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rb, err := build(t.Context(), "worker-2", b.said())
	if err != nil || rb.Steps[0].ID != "one" || rb.Title != "Try it: worker-2" {
		t.Errorf("%+v %v", rb, err)
	}
}

// A secret would be masked in the log, and the run could not go on with what it began with: so it does not begin.
func TestSecretsAreNoInputsAndStandInNoFile(t *testing.T) {
	b := newBed(t)
	b.write("runbooks/try-it.yaml", head+at("one", ""))
	if _, err := NewShelf(b.deps, nil).Books()[0].Build(t.Context(), "", map[string]string{"dir": "/hunter2"}); fault.CodeOf(err) != fault.Usage || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	b.write("runbooks/try-it.yaml", head+at("one", "")+"# hunter2\n")
	off := NewShelf(b.deps, nil).Books()[0].Off
	if f := fault.Of(off); off == nil || !strings.HasSuffix(f.On, ":7") || strings.Contains(off.Error(), "hunter2") {
		t.Error(off)
	}
}

func TestEachIsDoneForOneNodeAfterAnother(t *testing.T) {
	b := newBed(t)
	inner := func(cond string) string {
		return "    if: " + cond + "\n    each:\n      node: [worker-3, worker-1]\n      steps:\n" +
			"        - {id: a, title: A, why: W, run: {script: 'echo \"a-$1\" | tee -a \"$2/log\"', args: ['${{ node }}', '${{ inputs.dir }}']}, undo: {run: {script: 'echo \"un-$1\" >> \"$2/log\"', args: ['${{ node }}', '${{ inputs.dir }}']}}}\n" +
			"        - {id: b, title: B, why: W, if: 'steps.a.output == \"a-\" + node', run: {on: exec, script: 'echo \"b-$1\" >> \"$2/log\"', args: ['${{ steps.a.output }}', '${{ inputs.dir }}']}, undo: none}\n"
	}
	rb := b.book(head+"  - id: e\n"+inner("inputs.dir != \"\"")+"  - {id: sure, title: S, why: W, ask: {question: 'Both: ${{ steps.a.output }}', attended: true}}\n", "", b.said())
	id := b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.AtGate || b.log() != "a-worker-1 b-a-worker-1 a-worker-3 b-a-worker-3" || !strings.Contains(b.lines(id), "Both: a-worker-1") {
		t.Fatalf("%s %s\n%s", state, b.log(), b.lines(id))
	}
	if state := b.walk(id, rb, run.Mode{Undo: true}); state != run.Undone || !strings.HasSuffix(b.log(), "un-worker-3 un-worker-1") {
		t.Errorf("%s %s", state, b.log())
	}
	rb = b.book(head+"  - id: e\n"+inner("inputs.dir == \"\""), "", b.said())
	id = b.start(rb)
	if state := b.walk(id, rb, run.Mode{}); state != run.Done || strings.Count(b.story(id), "skipped") != 4 {
		t.Errorf("%s %s", state, b.story(id))
	}
}
