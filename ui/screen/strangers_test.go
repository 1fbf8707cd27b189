package screen

import (
	"context"
	"reflect"
	"strings"

	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// strange is a value with a stranger's text in every string that somebody else may have written.
func strange[T any](v T, text string) T {
	overwrite(reflect.ValueOf(&v).Elem(), text)
	return v
}

func overwrite(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			overwrite(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				overwrite(f, text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			overwrite(v.Index(i), text)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // a state is no stranger's
			v.SetString(text)
		}
	default:
	}
}

// strangeScenes are the screens on which most of what is seen was written elsewhere: by other servers, programs and people.
func strangeScenes(ctx context.Context, text string) map[string]Screen {
	e := env(ctx, stage.New(nil))
	s, b := sidekiqOf(e, paneQueues), backlogOf(e)
	s.answered(gotSidekiq{view: strange(stage.Sidekiq(), text)})
	b.answered(gotPage{place: sidekiq.Place{Name: text, Size: 3}, page: strange(stage.Backlog(), text)})
	b.answered(gotCounts{in: strange(stage.Histogram("push"), text)})
	x := payloadOf(e, true)
	x.full = strange(x.full, text)
	x.full.Backtrace = []string{text, strings.Repeat(text, 30)}
	planned, done := deedOfPark(e), deedUnderWay(e)
	planned.answered(plannedDeed{plan: strange(stage.Deed(), text)})
	done.answered(didDeed{report: strange(stage.Report(), text)})
	answers := answersOf(e, true)
	answers.answered(gotAnswers{view: strange(answers.view, text)})
	caches := cachesOf(e, cache.ByURL, func(*Caches) {})
	caches.answered(gotPurgePlan{plan: strange(stage.PurgePlan(caches.order()), text)})
	caches.answered(gotProbe{probe: strange(stage.Probe(), text)})
	caches.got(gotPurge{view: strange(stage.PurgeOver(), text)})
	z, j := zoneOf(e), jobOf(e, nil)
	z.answered(gotZone{glance: strange(stage.Glance(), text)})
	j.rec = strange(j.rec, text)
	j.take(poured{Lines: []string{text, strings.Repeat(text, 40), "Error " + text}})
	jobs, books := NewJobs(e), NewBooks(e, "")
	jobs.answered(foundJobs{jobs: strange(stage.Jobs(), text)})
	books.answered(gotBooks{books: strange(stage.Books(), text)})
	l, t := NewLog(e), NewTrail(e)
	l.got(gotCalls{view: strange(stage.Calls(), text)})
	t.got(gotTrail{entries: strange(stage.Trail(), text), at: e.World.Now})
	return map[string]Screen{
		"sidekiq": s, "backlog": b, "payload": x, "deed": planned, "deed-done": done, "exec": answers, "caches": caches, "zone": z, "job": j, "jobs": jobs,
		"books": books, "log": l, "trail": t, "toot": tootOf(e, "accounts delete '"+text+"'", ""),
	}
}
