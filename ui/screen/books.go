package screen

import (
	"cmp"
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
)

// booksPause is how long the selection rests before the world is looked at for a plan, so that passing by costs nothing.
const booksPause = 400 * time.Millisecond

// Books is the shelf of runbooks: what each does, on what, its dangers, and its plan for a worker, found by looking.
type Books struct {
	*Post
	env   Env
	books []desk.Book
	known bool
	err   error

	rows   list[desk.Book]
	filter matcher
	on     cursor // the worker whose plan is shown
	panes  panes
	first  string // the runbook to begin with
	plan   shelved
	wanted string // the plan that is asked for
	asked  time.Time
}

// shelved is a plan as it was last found.
type shelved struct {
	of   string // runbook and worker
	plan desk.Plan
	err  error
	seen time.Time
}

// The panes of the shelf.
const (
	paneBooks = "books"
	paneBook  = "book"
	panePlan  = "plan"
)

// gotBooks is the shelf.
type gotBooks struct {
	books []desk.Book
	err   error
}

// NewBooks opens the shelf, at a runbook or with "" at the first.
func NewBooks(env Env, book string) *Books {
	b := &Books{Post: NewPost(env.Ctx), env: env, first: book, panes: newPanes(paneBooks, paneBook, panePlan)}
	b.rows = list[desk.Book]{id: func(x desk.Book) string { return x.ID }, cols: b.columns(), fixed: 1, page: 5}
	b.panes.choices = map[string]*choice{
		paneBooks: {kind: "book", at: &b.rows.at, ids: func() []string { return b.rows.ids(b.visible()) }, page: 5}, paneBook: {kind: "worker", at: &b.on, ids: b.workers, page: 2},
	}
	return b
}

// Crumb implements Screen.
func (b *Books) Crumb() string { return "Runbooks" }

// Place implements Screen.
func (b *Books) Place() binding.Place { return binding.Books }

// Init implements Screen.
func (b *Books) Init() tea.Cmd {
	d := b.env.Desk
	return b.Ask("books", func(ctx context.Context) tea.Msg {
		books, err := d.Books(ctx)
		return gotBooks{books, err}
	})
}

// Update implements Screen.
func (b *Books) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := b.Open(msg); ok {
			return nil, b.answered(m)
		}
	case Filter:
		b.filter = newMatcher(msg.Text)
		return nil, b.look()
	case Clicked:
		kind, what := split(msg.ID)
		if b.panes.click(msg.ID); b.rows.click(kind, what, "book") {
			b.panes.focus(paneBooks)
		}
		return nil, b.look()
	case Wheeled:
		if b.panes.wheel(msg); msg.Pane != panePlan {
			return nil, b.look()
		}
	case Pressed:
		return b.press(msg.ID)
	}
	return nil, nil
}

// answered takes what the desk said.
func (b *Books) answered(m tea.Msg) tea.Cmd {
	switch m := m.(type) {
	case gotBooks:
		b.books, b.err, b.known = m.books, m.err, true
		b.rows.at.id = cmp.Or(b.rows.at.id, b.first)
		return b.look()
	case shelved:
		b.plan = m
	}
	return nil
}

// look asks for the plan of what is selected, unless it is there or on its way.
func (b *Books) look() tea.Cmd {
	book, worker := b.book(), b.worker()
	want := book.ID + " " + worker
	if book.ID == "" || worker == "" && book.Targets != "" || book.Off != "" || wants(book) != "" || b.plan.of == want && b.plan.err == nil || b.wanted == want && b.Waiting("plan") {
		return nil
	}
	b.wanted, b.asked = want, b.env.World.Now
	d, id := b.env.Desk, book.ID
	return b.Ask("plan", func(ctx context.Context) tea.Msg {
		if !Pause(ctx, booksPause) {
			return shelved{of: want, err: ctx.Err()}
		}
		p, err := d.Plan(ctx, id, worker, nil)
		return shelved{of: want, plan: p, err: err, seen: time.Now()}
	})
}

// wants is an input that has to be said before there can be a plan, "" for none.
func wants(x desk.Book) string {
	for _, in := range x.Inputs {
		if in.Needed {
			return in.Name
		}
	}
	return ""
}

func (b *Books) press(id string) (Action, tea.Cmd) {
	switch {
	case b.panes.on == paneBooks && b.rows.press(id, b.visible()), b.panes.move(id):
		return nil, b.look()
	case b.panes.press(id):
		return nil, nil
	}
	switch id {
	case "look-again":
		b.plan, b.wanted = shelved{}, ""
		return nil, b.look()
	case "open":
		return b.open()
	}
	return nil, nil
}

// open shows the plan on a screen of its own, where it can be started.
func (b *Books) open() (Action, tea.Cmd) {
	book, worker := b.book(), b.worker()
	if book.ID == "" || worker == "" && book.Targets != "" {
		return nil, nil
	}
	if verb := b.verb(book.ID); verb != "" {
		return Invoke(b.env, verb, worker)
	}
	return Push{NewPlanOf(b.env, run.Book{ID: book.ID, Targets: book.Targets, Inputs: book.Inputs}, worker, nil)}, nil
}

// verb is what starts a runbook, "" when nothing does.
func (b *Books) verb(book string) string {
	for _, v := range b.env.World.Verbs[""] {
		if v.Runbook == book {
			return v.ID
		}
	}
	return ""
}

// stands says why a runbook cannot be walked on a worker just now; "" means nothing is known to stand in the way.
func (b *Books) stands(book, worker string) string {
	if off := b.book().Off; off != "" {
		return off
	}
	state, known := VerbFor(b.env.World, b.verb(book), worker)
	if !known {
		return ""
	}
	return state.Why
}

// book is the selected one; its id is "" when there is none.
func (b *Books) book() desk.Book {
	x, _ := selectedIn(&b.rows, b.visible())
	return x
}

// visible are the runbooks that the filter lets through, as they are sorted.
func (b *Books) visible() []desk.Book {
	return b.rows.arrange(sifted(b.filter, b.books, func(x desk.Book) string {
		return strings.Join([]string{x.ID, x.Title, string(x.Danger)}, " ")
	}))
}

// worker is the one whose plan is shown: at first one that the runbook can be walked on.
func (b *Books) worker() string {
	workers := b.workers()
	if b.on.id == "" {
		for _, w := range workers {
			if b.stands(b.book().ID, w) == "" {
				return w
			}
		}
	}
	if i := b.on.settle(workers); i >= 0 {
		return workers[i]
	}
	return ""
}

// workers are the nodes that the selected runbook can be done to; none for one that has no target.
func (b *Books) workers() []string {
	var out []string
	role := b.book().Targets
	for _, n := range b.env.World.Fleet.Nodes {
		if role != "" && (n.Role == role || role == "node") {
			out = append(out, n.Name)
		}
	}
	return out
}

// Bindings implements Screen.
func (b *Books) Bindings() []binding.Binding {
	bs := b.env.World.Keys.At(binding.Books)
	if b.book().ID == "" {
		off(bs, "open", "there is no runbook here")
	}
	off(bs, "open", b.stands(b.book().ID, b.worker()))
	return bs
}

// last is the newest run of a runbook.
func (b *Books) last(book string) (desk.Run, bool) {
	for _, x := range b.env.World.Runs { // newest first
		if x.Runbook == book {
			return x, true
		}
	}
	return desk.Run{}, false
}

// Excerpts implements Copier.
func (b *Books) Excerpts() []Excerpt {
	book := b.book()
	if book.ID == "" {
		return nil
	}
	about := book.Title + "\n" + book.Summary + "\n" + strings.Join(book.Dangers, "\n") + "\n"
	out := []Excerpt{{"what " + book.ID + " does", about}, {"the command that plans it", strings.Join(strings.Fields("vmtui run "+book.ID+" "+b.worker()+" --plan"), " ")}}
	if b.plan.of == book.ID+" "+b.worker() && b.plan.err == nil {
		out = append(out, Excerpt{"its plan", drawnText(b.planLines(excerptWidth))})
	}
	return out
}
