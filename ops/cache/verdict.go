package cache

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Verdict is what the answers mean.
type Verdict struct {
	Wrong  bool     `json:"wrong"`         // somebody gets the other form: browsers JSON, or servers HTML
	Cached bool     `json:"cached"`        // nobody does just now, but a layer keeps what it should not: the next one will
	Unsure bool     `json:"unsure"`        // a layer that matters did not answer
	Vain   bool     `json:"purge_in_vain"` // it is wrong, and no cache has a part in it
	At     Layer    `json:"at,omitempty"`
	Names  []string `json:"names"` // of the layers where it begins: the workers, "balancer", "edge"
	Says   string   `json:"says"`
	Why    []string `json:"why"`    // what more was seen
	Next   string   `json:"next"`   // what to do about it
	Centre string   `json:"centre"` // the edge's data centre that this holds for
	Rules  []Blame  `json:"rules"`  // that make the edge keep it
	// RulesErr is why the rules could not be read.
	RulesErr error `json:"-"`
}

// judge says what the answers mean. What is wrong at the origin is wrong everywhere, so the innermost layer that is wrong is named.
func judge(p Probe) Verdict {
	v := Verdict{Names: []string{}, Why: []string{}, Rules: []Blame{}}
	for _, a := range p.Answers {
		if a.Centre != "" {
			v.Centre = a.Centre
		}
	}
	switch {
	case v.barred(p), v.swapped(p), v.refused(p), v.silent(p), v.uneven(p), v.stored(p):
	default:
		v.Says = "every layer gives browsers HTML and other servers JSON, and none keeps either"
		if !has(p, JSON) || !has(p, HTML) {
			v.Says = "every layer answers alike, and none keeps it"
		}
	}
	v.notes(p)
	return v
}

// has reports that a form came at all: not every page is one of ActivityPub's.
func has(p Probe, f Form) bool {
	return slices.ContainsFunc(p.Answers, func(a Answer) bool { return a.Got == f && a.Status == http.StatusOK })
}

// barred: the edge challenges who asks. Other servers cannot solve that.
func (v *Verdict) barred(p Probe) bool {
	if !slices.ContainsFunc(p.Answers, func(a Answer) bool { return a.Barred }) {
		return false
	}
	v.Wrong, v.Vain, v.At, v.Names = true, true, AtEdge, []string{"edge"}
	v.Says = "the edge challenges whoever asks: other servers cannot answer that, and federation stands still"
	v.Next = "see `vmtui zone`: \"under attack\" is on, or a bot rule is; a purge mends nothing here"
	return true
}

// swapped finds the innermost layer that gives one form for the other.
func (v *Verdict) swapped(p Probe) bool {
	for _, layer := range []Layer{AtWorker, AtBalancer, AtEdge} {
		var wrong []Answer
		for _, a := range p.Answers {
			if a.Layer == layer && a.Swapped() && !sameOnPurpose(p, a) {
				wrong = append(wrong, a)
			}
		}
		if len(wrong) == 0 {
			continue
		}
		v.Wrong, v.At = true, layer
		for _, a := range wrong {
			if !slices.Contains(v.Names, a.Name) {
				v.Names = append(v.Names, a.Name)
			}
		}
		for _, a := range p.Answers { // further out it is wrong because it is here, or besides
			if a.Swapped() && !sameOnPurpose(p, a) {
				v.Why = append(v.Why, a.sentence())
			}
		}
		v.blame(p, wrong)
		return true
	}
	return false
}

// blame says of the answers of the innermost wrong layer where they come from. One that a cache keeps is what a purge can mend, so it is told first.
func (v *Verdict) blame(p Probe, wrong []Answer) {
	for _, from := range []source{fromCache, fromMastodon, fromEdge, unknownSource} {
		i := slices.IndexFunc(wrong, func(a Answer) bool { return p.source(a) == from })
		if i < 0 {
			continue
		}
		v.Says, v.Next = wrong[i].disaster(from), wrong[i].remedy(from)
		for _, a := range p.Answers {
			if a.Layer == AtMastodon && a.Status != http.StatusOK {
				v.Why = append(v.Why, fmt.Sprintf("Mastodon itself could not be asked at %s: %s", a.Name, cmp.Or(a.Why, fmt.Sprintf("it answered %d", a.Status))))
			}
		}
		break
	}
	kept := func(a Answer) bool { return a.Swapped() && !sameOnPurpose(p, a) && p.source(a) == fromCache }
	unclear := func(a Answer) bool { return p.source(a) == unknownSource }
	v.Vain = !slices.ContainsFunc(p.Answers, kept) && !slices.ContainsFunc(wrong, unclear)
}

// sameOnPurpose: a page that the origin has in HTML only (the front page, an about page) is no swap when a server asks for it.
func sameOnPurpose(p Probe, a Answer) bool {
	if a.Wanted == HTML {
		return forMachines(p.URL) // browsers want HTML of every page, and this is none
	}
	for _, layer := range []Layer{AtMastodon, AtWorker, AtBalancer} { // who stands further in knows better
		seen, plain := 0, 0
		for _, b := range p.Answers {
			if b.Layer == layer && b.Wanted == JSON && b.Status == http.StatusOK {
				seen++
				if b.Got == HTML && !b.Stored() {
					plain++
				}
			}
		}
		if seen > 0 {
			return plain == seen
		}
	}
	return false
}

// forMachines: what is never a page but a document for programs, whoever asks for it.
func forMachines(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	for _, whole := range []string{"/.well-known/", "/nodeinfo/", "/api/"} {
		if strings.HasPrefix(u.Path, whole) {
			return true
		}
	}
	return u.Path == "/actor" || u.Path == "/manifest" || slices.Contains([]string{"inbox", "outbox"}, path.Base(u.Path)) || path.Ext(u.Path) == ".json"
}

// disaster names what happened.
func (a Answer) disaster(from source) string {
	what := "JSON is served as HTML: browsers are shown ActivityPub's JSON"
	if a.Wanted == JSON {
		what = "HTML is served as JSON: other servers get a page that they cannot read"
	}
	switch {
	case a.Layer == AtEdge && from == fromCache:
		return what + ". The edge keeps one answer for both, because it ignores Vary: Accept"
	case from == fromEdge:
		return what + ". It is right behind the edge, which says that it keeps nothing of it"
	case a.Layer == AtEdge:
		return what + ". Nobody behind the edge gave the page, so it is not known where that comes from"
	case from == fromCache && a.Stored():
		return what + ". nginx keeps one answer for both"
	case from == fromCache:
		return what + ". Mastodon itself gives the right one: it is nginx before it that mixes them up, though it does not say that it keeps it"
	case from == fromMastodon:
		return what + ", and no cache has a part in it: Mastodon itself answers so, asked past nginx"
	case a.Layer == AtBalancer:
		return what + ". No worker that answered gives it when asked directly: it comes and goes, or is of one that did not answer"
	}
	return what + ". Whether nginx keeps it or Mastodon itself answers so is not known"
}

func (a Answer) remedy(from source) string {
	switch {
	case a.Layer == AtEdge && from == fromCache:
		return "first mend the rule that makes the edge keep it, or it comes back; then purge the URL at the edge"
	case from == fromEdge:
		return "look at what rewrites answers at the edge (Workers, transform and snippet rules); a purge mends nothing here"
	case a.Layer == AtEdge:
		return "look at the workers with `vmtui status`, and ask again"
	case from == fromCache:
		return "purge the URL at nginx first, then at the edge, which may have taken it from there"
	case from == fromMastodon:
		return "purge nothing: look at Mastodon's log, and at `vmtui tootctl -- cache clear`"
	case a.Layer == AtBalancer:
		return "ask again until it is seen on a worker; purge the URL there first"
	}
	return "purge the URL at nginx and at the edge; if it stays, Mastodon itself answers so: look at its log"
}

// sentence is an answer in words.
func (a Answer) sentence() string {
	kind, _, _ := strings.Cut(a.Type, ";")
	kept := ""
	if a.Edge != "" {
		kept += ", the edge says " + a.Edge
	}
	if a.Nginx != "" {
		kept += ", nginx says " + a.Nginx
	}
	if a.Age != nil {
		kept += fmt.Sprintf(", %d s old", *a.Age)
	}
	return fmt.Sprintf("%s: %s was wanted, %s came%s", a.Name, a.Wanted, kind, kept)
}

// refused: the edge refuses what the workers serve. A bot rule that does that to other servers breaks federation.
func (v *Verdict) refused(p Probe) bool {
	for _, a := range p.Answers {
		served := func(b Answer) bool { return b.Layer == AtWorker && b.Wanted == a.Wanted && b.Status == http.StatusOK }
		if a.Layer != AtEdge || a.Status < http.StatusBadRequest || a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests || !slices.ContainsFunc(p.Answers, served) {
			continue
		}
		v.Wrong, v.At, v.Names = true, AtEdge, []string{"edge"}
		v.Says = fmt.Sprintf("the edge answers %d to who wants %s, and the workers serve it", a.Status, a.Wanted)
		v.Next = "look for a rule at the edge that refuses it (WAF, bots); a purge mends that only if the refusal is kept"
		return true
	}
	return false
}

// silent: without the answers of everybody nothing is proved. Who answers that it cannot has not answered.
func (v *Verdict) silent(p Probe) bool {
	var mute []string
	for _, a := range p.Answers {
		if a.Layer == AtMastodon {
			continue // asked only to tell where something wrong comes from
		}
		if (a.Status == 0 || a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests) && !slices.Contains(mute, a.Name) {
			mute = append(mute, a.Name)
			if a.Status == 0 {
				v.Why = append(v.Why, a.Name+" did not answer: "+a.Why)
			}
		}
	}
	if len(mute) == 0 {
		return false
	}
	v.Unsure, v.Names = true, mute
	v.Says = "nothing wrong was seen, but not everybody gave the page: " + strings.Join(mute, ", ")
	v.Next = "look at them with `vmtui status`, and ask again"
	return true
}

// uneven: nothing is in the wrong form, but whether there is a page at all depends on who is asked.
func (v *Verdict) uneven(p Probe) bool {
	for _, form := range forms {
		said, status := []string{}, map[int]bool{}
		for _, a := range p.Answers {
			if a.Wanted == form && a.Layer != AtMastodon {
				status[a.Status] = true
				said = append(said, fmt.Sprintf("%s %d", a.Name, a.Status))
			}
		}
		if len(status) > 1 {
			v.Unsure = true
			v.Why = append(v.Why, fmt.Sprintf("to who wants %s: %s", form, strings.Join(said, ", ")))
		}
	}
	if !v.Unsure {
		return false
	}
	v.Says, v.Next = "nothing is in the wrong form, but the layers do not answer alike", "look at whoever answers otherwise; a purge mends that only where a cache keeps it"
	return true
}

// stored: right, but kept where both forms share one place.
func (v *Verdict) stored(p Probe) bool {
	for _, a := range p.Answers {
		if a.Layer != AtEdge || !a.Stored() || !varies(p) {
			continue
		}
		v.Cached, v.At, v.Names = true, AtEdge, []string{"edge"}
		v.Says = "right for browsers just now, but the edge keeps it (" + a.Edge + "), for whoever asks next: other servers will get HTML"
		v.Next = "mend the rule that makes the edge keep it, then purge the URL"
		return true
	}
	return false
}

// varies reports that the origin has the page in both forms.
func varies(p Probe) bool {
	return slices.ContainsFunc(p.Answers, func(a Answer) bool { return strings.Contains(strings.ToLower(a.Vary), "accept") }) || has(p, JSON) && has(p, HTML)
}

// notes are what else deserves to be known.
func (v *Verdict) notes(p Probe) {
	versions := map[string][]string{}
	for _, a := range p.Answers {
		if a.Layer == AtWorker && a.Version != "" && !slices.Contains(versions[a.Version], a.Name) {
			versions[a.Version] = append(versions[a.Version], a.Name)
		}
		if a.Status >= http.StatusInternalServerError && a.Layer != AtMastodon {
			v.Why = append(v.Why, fmt.Sprintf("%s answers %d to %s", a.Name, a.Status, a.Wanted))
		}
		if (a.Nginx == "STALE" || a.Nginx == "UPDATING") && !slices.Contains(v.Why, a.Name+" serves an old page: Mastodon did not answer nginx") {
			v.Why = append(v.Why, a.Name+" serves an old page: Mastodon did not answer nginx")
		}
	}
	if len(versions) > 1 {
		v.Why = append(v.Why, "the workers run different versions of Mastodon: pages differ with whoever answers")
	}
}

// Worked says whether a purge has done what it was for, by the probe after it.
func (p Probe) Worked() (bool, string) {
	centre := ""
	if p.Verdict.Centre != "" {
		centre = " This is what the data centre " + p.Verdict.Centre + " answers; others were not asked."
	}
	switch v := p.Verdict; {
	case v.Wrong:
		return false, "It did not work: " + v.Says + "." + centre
	case v.Unsure:
		return false, "Whether it worked is not proved: " + v.Says + "." + centre
	case v.Cached:
		return true, "It worked, and will not last: " + v.Says + "." + centre
	}
	return true, "It worked: " + p.Verdict.Says + "." + centre
}
