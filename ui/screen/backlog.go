package screen

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
)

// backlogPage is how many jobs are listed at once.
const backlogPage = 200

// Backlog is the jobs of a queue, a set or something parked: a page of those that a filter means, and how many of what there are.
type Backlog struct {
	*Post
	env    Env
	name   string
	place  sidekiq.Place
	filter sidekiq.Filter
	skip   int
	page   sidekiq.Page
	known  bool
	err    error
	looks  *work // while jobs are looked for

	in    sidekiq.Histogram
	inErr error
	count *work // while the whole is counted

	rows  list[sidekiq.Entry]
	shown matcher
	panes panes
}

// The panes of a backlog.
const (
	paneBacklog = "jobs"
	paneCounts  = "counts"
)

type (
	gotPage struct {
		place sidekiq.Place
		page  sidekiq.Page
		err   error
	}
	gotCounts struct {
		in  sidekiq.Histogram
		err error
	}
)

// NewBacklog opens a queue, a set or something parked, by its name.
func NewBacklog(env Env, name string) *Backlog {
	b := &Backlog{Post: NewPost(env.Ctx), env: env, name: name, panes: newPanes(paneBacklog, paneCounts)}
	b.rows = list[sidekiq.Entry]{id: func(e sidekiq.Entry) string { return e.JID }, cols: b.columns(), fixed: 1, page: 5}
	return b
}

// Crumb implements Screen.
func (b *Backlog) Crumb() string { return b.name }

// Place implements Screen.
func (b *Backlog) Place() binding.Place { return binding.Backlog }

// Init implements Screen.
func (b *Backlog) Init() tea.Cmd { return tea.Batch(b.browse(), b.sample()) }

// browse looks for a page of jobs.
func (b *Backlog) browse() tea.Cmd {
	d, name, f, skip, w := b.env.Desk, b.name, b.filter, b.skip, &work{began: b.env.World.Now}
	b.looks = w
	return b.Ask("page", func(ctx context.Context) tea.Msg {
		p, err := d.Place(ctx, name)
		if err != nil {
			return gotPage{err: err}
		}
		page, err := d.Browse(ctx, p, f, skip, backlogPage, func(read int) {
			w.tell(sidekiq.Progress{Doing: "looking for jobs", Done: int64(read), Of: p.Size})
		})
		return gotPage{p, page, err}
	})
}

// sample counts both ends.
func (b *Backlog) sample() tea.Cmd {
	d, f := b.env.Desk, b.filter
	return b.counting(func(ctx context.Context, p sidekiq.Place, _ func(int)) (sidekiq.Histogram, error) {
		return d.Sample(ctx, p, f)
	})
}

// countAll counts everything.
func (b *Backlog) countAll() tea.Cmd {
	d, f := b.env.Desk, b.filter
	return b.counting(func(ctx context.Context, p sidekiq.Place, read func(int)) (sidekiq.Histogram, error) {
		return d.Count(ctx, p, f, read)
	})
}

func (b *Backlog) counting(look func(context.Context, sidekiq.Place, func(int)) (sidekiq.Histogram, error)) tea.Cmd {
	d, name, w := b.env.Desk, b.name, &work{began: b.env.World.Now}
	b.count = w
	return b.Ask("counts", func(ctx context.Context) tea.Msg {
		p, err := d.Place(ctx, name)
		if err != nil {
			return gotCounts{err: err}
		}
		in, err := look(ctx, p, func(read int) { w.tell(sidekiq.Progress{Doing: "counting", Done: int64(read), Of: p.Size}) })
		return gotCounts{in, err}
	})
}

// Update implements Screen.
func (b *Backlog) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter:
		b.shown = newMatcher(msg.Text)
	case Clicked:
		kind, what := split(msg.ID)
		if kind == "pane" {
			b.panes.focus(what)
		} else if b.rows.click(kind, what, "job") {
			b.panes.focus(paneBacklog)
		}
	case Wheeled:
		b.wheel(msg)
	case Answer:
		if m, ok := b.Open(msg); ok {
			b.answered(m)
		}
	case dialog.Result:
		return b.decided(msg)
	case Pressed:
		return b.press(msg.ID)
	}
	return nil, nil
}

func (b *Backlog) answered(m tea.Msg) {
	switch m := m.(type) {
	case gotPage:
		b.looks, b.err, b.known = nil, m.err, true
		if m.err == nil {
			b.place, b.page = m.place, m.page
		}
	case gotCounts:
		b.count, b.inErr = nil, m.err
		if m.err == nil {
			b.in = m.in
		}
	}
}

func (b *Backlog) wheel(m Wheeled) {
	if m.Pane == paneCounts {
		b.panes.scroll(paneCounts).wheel(m.Down)
		return
	}
	b.panes.focus(paneBacklog)
	b.rows.press(m.step(), b.visible())
}

func (b *Backlog) press(id string) (Action, tea.Cmd) {
	if b.panes.on == paneCounts && b.panes.scroll(paneCounts).move(id) || b.panes.on == paneBacklog && b.rows.press(id, b.visible()) || b.panes.press(id) {
		return nil, nil
	}
	switch id {
	case "open":
		if e, ok := b.selected(); ok {
			return Push{NewPayload(b.env, b.place, e)}, nil
		}
	case "look-again":
		return nil, b.Init()
	case "backlog-filter":
		return Open{b.form()}, nil
	case "backlog-count":
		return nil, b.countAll()
	case "backlog-next":
		b.skip += backlogPage
		return nil, b.browse()
	case "backlog-before":
		b.skip = max(b.skip-backlogPage, 0)
		return nil, b.browse()
	}
	if o, ok := b.order(id); ok {
		return Push{NewDeed(b.env, o)}, nil
	}
	return nil, nil
}

// order is what a key wants done: to the marked jobs, or else to all that the filter means.
func (b *Backlog) order(id string) (sidekiq.Order, bool) {
	deed, known := map[string]sidekiq.Deed{
		"sidekiq-delete": sidekiq.Delete, "sidekiq-retry": sidekiq.Requeue, "sidekiq-kill": sidekiq.Kill, "sidekiq-move": sidekiq.Move, "sidekiq-park": sidekiq.Park,
		"sidekiq-restore": sidekiq.Restore,
	}[id]
	o := sidekiq.Order{Deed: deed, Name: b.name, Filter: b.filter}
	switch deed {
	case sidekiq.Park, sidekiq.Restore:
		o.Filter = sidekiq.Filter{}
		return o, known
	case sidekiq.Requeue:
		o.Limit, o.Rate = sidekiq.RetryLimit, sidekiq.RetryRate
	default:
	}
	if marked := b.rows.picks.ids; len(marked) > 0 {
		o.Filter = sidekiq.Filter{JIDs: slices.Clone(marked)}
	}
	return o, known
}

// form asks which jobs are meant.
func (b *Backlog) form() dialog.Dialog {
	f, join := b.filter, func(names []string) string { return strings.Join(names, " ") }
	return &dialog.Form{
		Tag: "filter", Title: "Which jobs?", Deed: "Look for them", Text: "All that is said must be so; names may have * and ?, several stand apart by a blank.",
		Fields: []dialog.Field{
			{Name: "class", Value: join(f.Classes), About: "the job's class, such as *DeliveryWorker"},
			{Name: "host", Value: join(f.Hosts), About: "where it goes, such as *.down.example"},
			{Name: "error", Value: join(f.Errors), About: "the class of its error, or words of the message"},
			{Name: "arguments", Value: f.Args, About: "words of its arguments"},
			{Name: "older than", Value: spanned(f.Older), About: "waiting longer than that, such as 2h"},
			{Name: "newer than", Value: spanned(f.Newer), About: "and not as long as that"},
			{Name: "known as", Value: "", Values: append([]string{""}, slices.Sorted(maps.Keys(sidekiq.Builtin))...), About: "a filter with a name; what is said above is added to it"},
		},
	}
}

func (b *Backlog) decided(res dialog.Result) (Action, tea.Cmd) {
	if !res.OK {
		return nil, nil
	}
	f, err := filterOf(res.Values)
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		return Say{Text: brief(err), Bad: true}, nil
	}
	b.filter, b.skip, b.rows.picks = f, 0, picks{}
	return nil, b.Init()
}

// filterOf reads the form.
func filterOf(v map[string]string) (sidekiq.Filter, error) {
	f := sidekiq.Builtin[v["known as"]]
	f.Classes = append(slices.Clone(f.Classes), strings.Fields(v["class"])...)
	f.Hosts = append(slices.Clone(f.Hosts), strings.Fields(v["host"])...)
	f.Errors = append(slices.Clone(f.Errors), strings.Fields(v["error"])...)
	f.Args = strings.TrimSpace(v["arguments"])
	var err error
	if f.Older, err = span("older than", v["older than"]); err != nil {
		return f, err
	}
	f.Newer, err = span("newer than", v["newer than"])
	return f, err
}

// span reads a length of time; nothing is none.
func span(what, text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: “%s” is no length of time; write 90s, 15m or 2h", what, text)
	}
	return d, nil
}

// above reads a number that is not below zero; nothing is none.
func above(what, text string) (int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s: “%s” is no number above zero", what, text)
	}
	return n, nil
}

func spanned(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (b *Backlog) visible() []sidekiq.Entry {
	return b.rows.arrange(sifted(b.shown, b.page.Entries, func(e sidekiq.Entry) string {
		return strings.Join([]string{e.JID, e.Class, e.Host, e.Error, e.ErrorHas}, " ")
	}))
}

func (b *Backlog) selected() (sidekiq.Entry, bool) { return selectedIn(&b.rows, b.visible()) }

// Bindings implements Screen.
func (b *Backlog) Bindings() []binding.Binding {
	bs := b.env.World.Keys.At(binding.Backlog)
	if !b.page.More {
		off(bs, "backlog-next", "there are no more")
	}
	if b.skip == 0 {
		off(bs, "backlog-before", "these are the first")
	}
	if _, ok := b.selected(); !ok {
		off(bs, "open", "there is no job here")
	}
	if !b.place.Set {
		off(bs, "sidekiq-retry", "only what lies in a set is retried")
	}
	if b.place.Set || b.place.Shelf != nil {
		off(bs, "sidekiq-park", "only a queue is parked")
		off(bs, "sidekiq-move", "only jobs of a queue are moved")
	}
	if b.place.Shelf == nil {
		off(bs, "sidekiq-restore", "it is not parked")
	} else {
		off(bs, "sidekiq-kill", "what is parked is restored or deleted")
	}
	if !b.place.Set && b.place.Shelf == nil && b.filter.Empty() && len(b.rows.picks.ids) == 0 {
		off(bs, "sidekiq-delete", "a living queue is not deleted at once: park it, or say which jobs")
		off(bs, "sidekiq-kill", "say which jobs: a filter, or marks")
	}
	for id := range orderWhy {
		off(bs, id, orderOff(b.env, b.err))
	}
	off(bs, "sidekiq-kill", orderOff(b.env, b.err))
	off(bs, "sidekiq-move", orderOff(b.env, b.err))
	return bs
}

// Excerpts implements Copier.
func (b *Backlog) Excerpts() []Excerpt {
	var out []Excerpt
	if e, ok := b.selected(); ok {
		out = append(out, Excerpt{"the job's id", e.JID}, Excerpt{"the job", b.rows.text(e)})
	}
	return append(out, Excerpt{"what is counted", drawnText(b.countLines(excerptWidth))})
}
