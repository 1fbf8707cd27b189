package sidekiq

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys/fault"
)

// A slope is told after three looks and not before; a time until empty only where the queue shrinks.
func TestTrendsAreMeasured(t *testing.T) {
	began := time.Unix(1764000000, 0)
	look := func(sizes ...float64) Trend {
		var l line
		for i, s := range sizes {
			l = l.with(began.Add(time.Duration(i)*2*time.Second), s)
		}
		return l.trend()
	}
	if tr := look(100, 90); tr.Slope != nil || tr.ETA != nil {
		t.Errorf("two looks: %+v", tr)
	}
	if tr := look(100, 90, 80, 70); tr.Slope == nil || *tr.Slope != -5 || tr.ETA == nil || *tr.ETA != 14*time.Second || !slices.Equal(tr.Trail, []float64{100, 90, 80, 70}) {
		t.Errorf("shrinking: %+v", tr)
	}
	if tr := look(70, 80, 90); tr.Slope == nil || *tr.Slope != 5 || tr.ETA != nil {
		t.Errorf("growing: %+v", tr)
	}
	if tr := look(50, 50, 50); *tr.Slope != 0 || tr.ETA != nil {
		t.Errorf("level: %+v", tr)
	}
	// What is long ago does not count.
	var l line
	for i := range 60 {
		l = l.with(began.Add(time.Duration(i)*2*time.Second), float64(i*10))
	}
	for i := range 16 {
		l = l.with(began.Add(time.Duration(120+2*i)*time.Second), float64(600-10*i))
	}
	if tr := l.trend(); *tr.Slope > -4.9 {
		t.Errorf("turned: %+v", *tr.Slope)
	}
}

func TestRatesNeedTimeEnough(t *testing.T) {
	began := time.Unix(1764000000, 0)
	l := line{}.with(began, 1000).with(began.Add(5*time.Second), 1000)
	if l.rate() != nil {
		t.Error("told after 5 s; Sidekiq adds to its totals every 10 s")
	}
	if l = l.with(began.Add(10*time.Second), 1250); l.rate() == nil || *l.rate() != 25 {
		t.Errorf("%v", l.rate())
	}
	if l = l.with(began.Add(12*time.Second), 0); l.rate() != nil {
		t.Error("totals were cleared, and a rate was told")
	}
}

func TestAlarmLevels(t *testing.T) {
	working := Process{Identity: "a:1:n", Queues: []string{"push", "scheduler"}}
	now := time.Unix(1764000000, 0)
	snap := func(latency time.Duration) Snapshot {
		return Snapshot{Time: now, Queues: []Queue{{Name: "push", Size: 1, Latency: latency}}, Processes: []Process{working}, Ticks: []Tick{{Name: "x", At: now.Add(-time.Minute)}}}
	}
	for latency, want := range map[time.Duration]Level{time.Second: "", 40 * time.Second: "", 6 * time.Minute: Warn, 13 * time.Minute: Critical} {
		got := alarms(snap(latency), nil)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0].Level != want || got[0].On != "push" || got[0].Next == "") {
			t.Errorf("%s: %+v", latency, got)
		}
	}
	// Looks that saw it over the mark count as well.
	if got := alarms(snap(40*time.Second), map[string]lateness{"push": {warn: 5 * time.Minute}}); len(got) != 1 || got[0].Level != Warn {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		change func(*Snapshot)
		says   string
	}{
		"nobody":     {func(s *Snapshot) { s.Processes = nil }, "no Sidekiq has a heartbeat"},
		"deaf":       {func(s *Snapshot) { s.Processes[0].Queues = []string{"scheduler"} }, "listens to it"},
		"quiet":      {func(s *Snapshot) { s.Processes[0].Quiet = true }, "listens to it"},
		"schedulers": {func(s *Snapshot) { s.Processes = append(s.Processes, working) }, "2 processes run the scheduler"},
		"no ticks":   {func(s *Snapshot) { s.Ticks[0].At = now.Add(-time.Hour) }, "1h0m0s ago"},
		"stale":      {func(s *Snapshot) { s.Stale = []Process{{Identity: "dead:1:x", Stale: true}} }, "may be lost"},
		"left over":  {func(s *Snapshot) { s.Shelves = []Shelf{{ID: "p", Kind: Filtered, Queue: "push", Size: 7}} }, "7 jobs of push lying aside"},
	} {
		s := snap(time.Second)
		s.Processes = slices.Clone(s.Processes)
		c.change(&s)
		if got := alarms(s, nil); !slices.ContainsFunc(got, func(a Alarm) bool { return strings.Contains(a.Why, c.says) }) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What a process had in hand is remembered when it dies, and not when it ends properly.
func TestHandsOfTheDead(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	beat(m, "", "dies:1:aa", "8.1.6", "false")
	beat(m, "", "ends:2:bb", "8.1.6", "false")
	w := s.Jobs.NewWatch()
	if v, err := w.Look(t.Context()); err != nil || len(v.Lost) != 0 || len(v.Processes[0].Work) != 1 {
		t.Fatalf("%+v %v", v.Lost, err)
	}
	m.Del("dies:1:aa") // its keys have expired, its name is still there
	m.Del("dies:1:aa:work")
	_, _ = m.SRem("processes", "ends:2:bb")
	m.Del("ends:2:bb")
	m.Del("ends:2:bb:work")
	v, err := w.Look(t.Context())
	if err != nil || len(v.Lost) != 1 || v.Lost[0].Process != "dies:1:aa" || v.Lost[0].Queue != "ingress" {
		t.Fatalf("%+v %v", v.Lost, err)
	}
	p, err := s.Plan(t.Context(), Order{Deed: PutBack, Lost: v.Lost}, nil)
	if err != nil || p.Refusal != nil || !strings.Contains(p.Lines[0], "ActivityPub::ProcessingWorker") {
		t.Errorf("%+v %v", p, err)
	}
	s.must(Order{Deed: PutBack, Lost: v.Lost})
	if n := s.raw.LLen(t.Context(), "queue:ingress").Val(); n != 1 {
		t.Errorf("%d are back", n)
	}
	if p, err = s.Plan(t.Context(), Order{Deed: PutBack, Lost: v.Lost}, nil); err != nil || !strings.Contains(strings.Join(p.Caution, "\n"), "already") {
		t.Errorf("%v %v", p.Caution, err)
	}
	w.Forget(v.Lost[0].JID)
	if v, err = w.Look(t.Context()); err != nil || len(v.Lost) != 0 {
		t.Errorf("%+v %v", v.Lost, err)
	}
}

// What a process had in hand when it died is told from what one that ended took along, by what Redis still has of them.
func TestHandsOfThoseWhoseNameIsGone(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	for _, id := range []string{"swept:1:aa", "ended:2:bb", "unnamed:3:cc", "lives:4:dd", "old:5:ee"} {
		beat(m, "", id, map[bool]string{true: "6.4.1", false: "8.1.6"}[id[:3] == "old"], "false")
		m.SetTTL(id, time.Minute)
	}
	m.HSet("old:5:ee:workers", "t1", m.HGet("swept:1:aa:work", "t1")) // as Sidekiq wrote it before 6.5
	m.Del("old:5:ee:work")
	m.SetTTL("swept:1:aa", 20*time.Second) // silent for 40 s
	m.SetTTL("unnamed:3:cc", 40*time.Second)
	w := s.Jobs.NewWatch()
	lost := func() (from []string) {
		t.Helper()
		v, err := w.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range v.Lost {
			from = append(from, l.Process)
		}
		slices.Sort(from)
		return from
	}
	if got := lost(); len(got) != 0 {
		t.Fatalf("all live: %v", got)
	}
	m.Del("swept:1:aa:work") // expires a moment before its heartbeat does
	if got := lost(); len(got) != 0 {
		t.Fatalf("its heartbeat is there: %v", got)
	}
	m.Del("swept:1:aa") // and another process takes its name off before anybody looks
	_, _ = m.SRem("processes", "swept:1:aa")
	_, _ = m.SRem("processes", "ended:2:bb") // ends: its work goes with its name, its hash stays
	m.Del("ended:2:bb:work")
	_, _ = m.SRem("processes", "unnamed:3:cc") // loses its name only, and is silent
	m.Del("old:5:ee")
	m.Del("old:5:ee:workers")
	if got := lost(); !slices.Equal(got, []string{"old:5:ee", "swept:1:aa", "unnamed:3:cc"}) {
		t.Errorf("%v", got)
	}
}

// Whoever comes after the death waits until each process was heard or is gone, and then knows what may be lost.
func TestARollCallTellsTheDeadFromTheLiving(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	beat(m, "", "dead:1:aa", "8.1.6", "false")
	beat(m, "", "lives:2:bb", "8.1.6", "false")
	w, roll := s.Jobs.NewWatch(), RollCall{}
	missing := func() (names []string, lost int) {
		t.Helper()
		v, err := w.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range roll.Missing(v) {
			names = append(names, p.Hostname)
		}
		return names, len(v.Lost)
	}
	if names, lost := missing(); !slices.Equal(names, []string{"dead", "lives"}) || lost != 0 {
		t.Errorf("nobody was heard yet: %v, %d lost", names, lost)
	}
	m.HSet("lives:2:bb", "beat", "1764000010.25")
	beat(m, "", "newcomer:3:cc", "8.1.6", "false")
	if names, lost := missing(); !slices.Equal(names, []string{"dead"}) || lost != 0 {
		t.Errorf("one is silent: %v, %d lost", names, lost)
	}
	m.Del("dead:1:aa")
	m.Del("dead:1:aa:work")
	if names, lost := missing(); len(names) != 0 || lost != 1 {
		t.Errorf("it is gone: %v, %d lost", names, lost)
	}
}

// A Redis that does not answer leaves the last state, with the error beside it.
func TestAWatchKeepsItsLastState(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	s.fill("push", 0, 5, "")
	w := s.Jobs.NewWatch()
	if _, err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.SetError("LOADING Redis is loading the dataset in memory")
	v, err := w.Look(t.Context())
	if err == nil || v.Err == nil || v.Queues[1].Size != 5 {
		t.Errorf("%+v %v", v.Queues, err)
	}
}

func TestFilters(t *testing.T) {
	now := time.Unix(1764000000, 0)
	mail := `{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"ActionMailer::MailDeliveryJob","args":[{"arguments":["UserMailer","reset","deliver_now",{"args":["B\u00e9la"]}]}],"jid":"a1","queue":"mailers","enqueued_at":1763996400000}`
	push := `{"class":"ActivityPub::DeliveryWorker","args":["{\"to\":\"https://payload.example/x\"}",1,"https://Down.example:443/inbox"],"jid":"b2","queue":"push","enqueued_at":1763999990.5,"error_class":"HTTP::TimeoutError","error_message":"connect timeout"}`
	for name, c := range map[string]struct {
		filter Filter
		means  []string
	}{
		"everything":    {Filter{}, []string{"a1", "b2"}},
		"a class":       {Filter{Classes: []string{"ActivityPub::*"}}, []string{"b2"}},
		"a mailer":      {Filter{Classes: []string{"UserMailer#reset"}}, []string{"a1"}},
		"the wrapper":   {Filter{Classes: []string{"Sidekiq::ActiveJob::Wrapper"}}, []string{"a1"}},
		"a host":        {Filter{Hosts: []string{"down.example"}}, []string{"b2"}},
		"not a payload": {Filter{Hosts: []string{"payload.example"}}, nil},
		"an error":      {Filter{Errors: []string{"HTTP::TimeoutError"}}, []string{"b2"}},
		"a message":     {Filter{Errors: []string{"timeout"}}, []string{"b2"}},
		"arguments":     {Filter{Args: "Béla"}, []string{"a1"}},
		"old":           {Filter{Older: time.Minute}, []string{"a1"}},
		"young":         {Filter{Newer: time.Minute}, []string{"b2"}},
		"both":          {Filter{Newer: time.Minute, Classes: []string{"UserMailer#*"}}, nil},
		"a jid":         {Filter{JIDs: []string{"a1"}}, []string{"a1"}},
	} {
		var got []string
		for _, raw := range []string{mail, push, "no job"} {
			if p := payloadOf(raw); (sieve{c.filter, now}).means(p) && p.jid != "" {
				got = append(got, p.jid)
			}
		}
		if !slices.Equal(got, c.means) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, f := range []Filter{{Classes: []string{"[a"}}, {Older: 2 * time.Hour, Newer: time.Hour}} {
		if fault.CodeOf(f.Check()) != fault.Usage {
			t.Errorf("%+v", f)
		}
	}
}

func TestAJobInFullFoldsPeople(t *testing.T) {
	s := small(t)
	raw := `{"class":"X","args":["kirk@ncc.example","{\"secret\":1}",109372843234567890,"home",null,["a"],"https://ds9.example/users/kira"],"jid":"b2","queue":"push","error_class":"E","error_message":"https://ds9.example/users/kira gave 502 for kirk@ncc.example\u001b[31m","retry_count":3,"error_backtrace":"eJyLVkpOLEpVyM1XKChLzFGKBQAuxAVE"}`
	s.raw.ZAdd(t.Context(), Retry, goredis.Z{Score: 1764000000, Member: raw})
	folded, err := s.Jobs.Job(t.Context(), mustPlace(s, Retry), "b2", false)
	if err != nil || !folded.Folded {
		t.Fatalf("%+v %v", folded, err)
	}
	text, err := json.Marshal(folded)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"kirk", "kira", "secret", "\\u001b"} {
		if strings.Contains(string(text), word) {
			t.Errorf("%q is shown: %s", word, text)
		}
	}
	if !slices.Contains(folded.Args, "109372843234567890") || !slices.Contains(folded.Args, `"home"`) || !slices.Contains(folded.Args, "https://ds9.example/…") || folded.Due.Unix() != 1764000000 {
		t.Errorf("%+v", folded)
	}
	full, err := s.Jobs.Job(t.Context(), mustPlace(s, Retry), "b2", true)
	if err != nil || full.Folded || !strings.Contains(strings.Join(full.Args, " "), "kirk@ncc.example") {
		t.Errorf("%+v %v", full, err)
	}
	s.raw.ZAdd(t.Context(), Dead, goredis.Z{Score: 1764000000, Member: raw})
	if died, err := s.Jobs.Job(t.Context(), mustPlace(s, Dead), "b2", false); err != nil || died.In != Dead || died.DueSays() != "died" || full.DueSays() != "comes next" {
		t.Errorf("%+v %v", died, err)
	}
	if _, err := s.Jobs.Job(t.Context(), mustPlace(s, Retry), "none", true); fault.CodeOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
}

func mustPlace(s *site, name string) Place {
	s.Helper()
	p, err := s.Jobs.Find(s.Context(), name)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

func TestHistogramsSayWhetherTheyAreSamples(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 1000, "")
	p := mustPlace(s, "push")
	h, err := s.Jobs.Sample(t.Context(), p, Filter{})
	if err != nil || !h.Sample || h.Counted != 400 || h.Size != 1000 {
		t.Errorf("%+v %v", h, err)
	}
	read := 0
	h, err = s.Jobs.Count(t.Context(), p, Filter{Hosts: []string{"h3.example"}}, func(n int) { read = n })
	if err != nil || h.Sample || h.Counted != 1000 || h.Meant != 143 || read != 1000 || len(h.Hosts) != 1 {
		t.Errorf("%+v %v", h, err)
	}
	s.fill("pull", 0, 250, "")
	if h, err = s.Jobs.Sample(t.Context(), mustPlace(s, "pull"), Filter{}); err != nil || h.Sample || h.Counted != 250 {
		t.Errorf("a small queue: %+v %v", h, err)
	}
	page, err := s.Jobs.Browse(t.Context(), p, Filter{Classes: []string{"RefreshWorker"}}, 10, 5, nil)
	if err != nil || len(page.Entries) != 5 || !page.More || page.Entries[0].JID != fmt.Sprintf("%024d", 999-30) {
		t.Errorf("%+v %v", page, err)
	}
}

// A scan sees every job that stays exactly once, however others push and pop meanwhile.
func TestAScanSeesEachJobOnce(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 2000, "")
	seen := map[string]int{}
	next, taken := 2000, 0
	err := s.Jobs.scan(t.Context(), mustPlace(s, "push"), func(jobs []found) (bool, error) {
		for _, f := range jobs {
			seen[payloadOf(f.raw).jid]++
		}
		s.fill("push", next, next+37, "")
		next += 37
		for range 11 {
			if s.raw.RPop(t.Context(), "queue:push").Err() == nil {
				taken++
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2000 {
		if c := seen[fmt.Sprintf("%024d", n)]; c > 1 || c == 0 && n >= taken {
			t.Fatalf("job %d was seen %d times; %d were taken", n, c, taken)
		}
	}
}

// Edits leave every other byte as it was.
func TestEdited(t *testing.T) {
	raw := `{"a":[109372843234567890,"\u00e9",{"retry_count":7}],"retry_count":4,"queue":"push"}`
	if got := edited(raw, "retry_count", "3"); got != strings.Replace(raw, `"retry_count":4`, `"retry_count":3`, 1) {
		t.Error(got)
	}
	if got := edited(raw, "enqueued_at", "1.5"); got != raw[:len(raw)-1]+`,"enqueued_at":1.5}` {
		t.Error(got)
	}
	for created, whole := range map[string]bool{"1764000000.5": false, "1764000000000": true} {
		got, err := again(`{"class":"X","queue":"q","created_at":`+created+`}`, payloadOf(`{"class":"X","queue":"q","created_at":`+created+`}`), time.Unix(1764000001, 0))
		if err != nil || strings.Contains(payloadOf(got).enqueued, ".") == whole {
			t.Errorf("%s %v", got, err)
		}
	}
}
