package screen

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui/binding"
)

// What the screen keeps of a log, and how long it waits before it reads again what broke off.
const (
	logsMost  = 10000
	logsAgain = 5 * time.Second
)

// Logs is what a node's services write, as they write it.
type Logs struct {
	*Post
	env           Env
	node, service string

	gutter *gutter
	all    []string // what is kept, oldest first
	seen   []string // of that, what the filter lets through
	lost   int      // lines that came too fast, or were too many to keep
	newest time.Time
	broke  time.Time // since when nothing is read; zero while it is
	err    error     // why
	filter matcher

	back int  // lines below what is shown; 0 follows
	left int  // cells moved out of sight at the left
	wrap bool // whole lines, on as many rows as they need
	rows int

	replicas map[string]bool // the containers of this one service that have written, by number
}

// NewLogs opens the log of a node's service, "" for all of them.
func NewLogs(env Env, node, service string) *Logs {
	return &Logs{Post: NewPost(env.Ctx), env: env, node: node, service: service, rows: 10, replicas: map[string]bool{}}
}

// Crumb implements Screen.
func (l *Logs) Crumb() string { return "Logs " + strings.TrimSpace(l.node+" "+l.service) }

// Place implements Screen.
func (l *Logs) Place() binding.Place { return binding.Logs }

// Init implements Screen.
func (l *Logs) Init() tea.Cmd { return pour(l.Post, l.env.Desk, l.node, l.service) }

// Bindings implements Screen.
func (l *Logs) Bindings() []binding.Binding { return l.env.World.Keys.At(binding.Logs) }

// Update implements Screen.
func (l *Logs) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter:
		l.sift(msg.Text)
	case Wheeled:
		l.scroll(map[bool]int{false: 3, true: -3}[msg.Down])
	case Answer:
		if m, ok := l.Open(msg); ok {
			return nil, l.answered(m)
		}
	case Tick:
		return nil, l.again()
	case Pressed:
		l.press(msg.ID)
	}
	return nil, nil
}

// answered takes what came from the node.
func (l *Logs) answered(m tea.Msg) tea.Cmd {
	switch m := m.(type) {
	case openedGutter:
		l.gutter, l.broke, l.err = m.gutter, time.Time{}, nil
		return l.more()
	case poured:
		l.add(m)
		if m.Ended {
			l.broke, l.err = l.env.World.Now, m.Err
			return nil
		}
		return l.more()
	}
	return nil
}

// more waits for the next lines.
func (l *Logs) more() tea.Cmd {
	g, life := l.gutter, l.ctx
	return l.Ask("logs", func(context.Context) tea.Msg { return g.next(life) })
}

// again reads anew what broke off a while ago: the node restarts, or so does its container.
func (l *Logs) again() tea.Cmd {
	if l.broke.IsZero() || l.Waiting("logs") || l.env.World.Now.Sub(l.broke) < logsAgain {
		return nil
	}
	if len(l.all) > 0 {
		l.add(poured{Lines: []string{"──── read again at " + l.env.World.Now.Local().Format("15:04:05") + ": the lines before may come twice ────"}})
	}
	return pour(l.Post, l.env.Desk, l.node, l.service)
}

// add keeps what came. Who has scrolled up stays at the lines they read.
func (l *Logs) add(p poured) {
	if len(p.Lines) == 0 {
		return
	}
	l.newest = l.env.World.Now
	l.lost += p.Dropped
	l.all = append(l.all, p.Lines...)
	for _, line := range p.Lines {
		if from, _ := l.from(line); from != "" {
			l.replicas[from] = true
		}
		if l.filter.lets(line) {
			l.seen = append(l.seen, line)
			if l.back > 0 {
				l.back++
			}
		}
	}
	if over := len(l.all) - logsMost; over > logsMost/4 { // not at every line: what is kept is moved
		l.lost += over
		l.all = append([]string(nil), l.all[over:]...)
		l.seen = l.let()
	}
}

// from takes a line of compose apart into the number of the container that wrote it and what it wrote; others are not from any.
func (l *Logs) from(line string) (container, text string) {
	head, text, ok := strings.Cut(line, "|")
	head = strings.TrimRight(head, " ")
	name, number := head[:max(strings.LastIndexByte(head, '-'), 0)], head[strings.LastIndexByte(head, '-')+1:]
	if !ok || l.service == "" || number == "" || strings.Trim(number, "0123456789") != "" || name != l.service && !strings.HasSuffix(name, "-"+l.service) {
		return "", line
	}
	return number, strings.TrimPrefix(text, " ")
}

// short is a line as it is shown. The title names the node and the service, so that of compose's prefix only the container's number is left, and that only
// where several have written.
func (l *Logs) short(line string) string {
	switch from, text := l.from(line); {
	case from == "":
		return line
	case len(l.replicas) > 1:
		return from + " | " + text
	default:
		return text
	}
}

// let is what the filter lets through of what is kept.
func (l *Logs) let() []string {
	var out []string
	for _, line := range l.all {
		if l.filter.lets(line) {
			out = append(out, line)
		}
	}
	return out
}

// sift shows only what a filter lets through.
func (l *Logs) sift(text string) {
	l.filter, l.back = newMatcher(text), 0
	l.seen = l.let()
}

// press moves.
func (l *Logs) press(id string) {
	switch id {
	case "up":
		l.scroll(1)
	case "down":
		l.scroll(-1)
	case "half-up":
		l.scroll(max(l.rows/2, 1))
	case "half-down":
		l.scroll(-max(l.rows/2, 1))
	case "page-up":
		l.scroll(max(l.rows-1, 1))
	case "page-down":
		l.scroll(-max(l.rows-1, 1))
	case "top":
		l.scroll(len(l.seen))
	case "bottom":
		l.back = 0
	case "left":
		l.left = max(l.left-sidestep, 0)
	case "right":
		l.left += sidestep
	case "wrap":
		l.wrap, l.left = !l.wrap, 0
	}
}

// sidestep is how many cells a key moves long lines sideways.
const sidestep = 16

// scroll moves up by so many lines, no further than there are some.
func (l *Logs) scroll(n int) { l.back = max(min(l.back+n, len(l.seen)-1), 0) }

// Excerpts implements Copier.
func (l *Logs) Excerpts() []Excerpt {
	text := strings.Join(l.seen, "\n") + "\n"
	screenful := l.seen[max(len(l.seen)-l.back-l.rows, 0) : len(l.seen)-l.back]
	return []Excerpt{
		{"the lines on the screen", strings.Join(screenful, "\n") + "\n"},
		{"all lines, as filtered", text},
		{"the command that follows it", strings.TrimSpace("vmtui logs --follow " + l.node + " " + l.service)},
	}
}

// LogServices are the services of a node whose log can be followed, as far as is known.
func LogServices(n fleet.Node) []string {
	var out []string
	for _, c := range n.Health.Value.Containers {
		if !slices.Contains(out, c.Service) {
			out = append(out, c.Service)
		}
	}
	if n.Health.Value.Nginx {
		out = append(out, "nginx")
	}
	return out
}

// word is what is read, in words.
func (l *Logs) word() string { return l.node + " " + cmp.Or(l.service, "all services") }
