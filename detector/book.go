package detector

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"holdfast/bia"
	"holdfast/detector/alert"
	"holdfast/internal/planted"
)

// A book is an analysis made ready to be asked quickly.
type book struct {
	*bia.Analysis
	judged     []string
	rings      map[string][]string // service -> the services of the same cycle of needs, itself included
	needs      map[string][]need
	holders    map[string][]string // data -> services that hold it
	windows    []window            // of planned maintenance
	objectives map[string]bia.Objectives
	rules      []*rule
	watching   []*rule // the rules about the observers
	own        []*ownRule
	sites      []string
	domains    []string
	observers  []string
	eyes       string              // the observer that is holdfast itself; empty: there is none
	bound      []string            // observers that speak on subjects of their own, sorted
	watchers   map[string][]string // observer -> components that declare it, sorted
	names      map[string]string   // every id as the analysis holds it

	latitude int64 // how late a statement may be heard for no lens to make anything of that

	// Walks over the graph, kept once taken.
	domainIDs  map[string][]string // component -> its failure domains
	memberIDs  map[string][]string // failure domain -> components
	placeIDs   map[string][]string // service -> failure domains that it has needs in, sorted
	overIDs    map[string][]string
	underIDs   map[string][]string
	servingIDs map[string][]string // service -> services that it needs, directly or below
}

// A need is a group of which some are needed.
type need struct {
	members       []string
	full, minimum int
	partial       bool
	tolerates     int64
}

func newBook(a *bia.Analysis) *book {
	b := &book{Analysis: a, judged: a.Judged(), needs: map[string][]need{}, holders: map[string][]string{}, objectives: map[string]bia.Objectives{},
		watchers: map[string][]string{}, overIDs: map[string][]string{}, underIDs: map[string][]string{}, servingIDs: map[string][]string{},
		domainIDs: map[string][]string{}, memberIDs: map[string][]string{}, placeIDs: map[string][]string{}, latitude: never}
	for _, id := range b.judged {
		s, _ := a.Service(id)
		b.objectives[id] = a.Objectives(id)
		b.latitude = min(b.latitude, int64(b.objectives[id].MaxBackdate))
		for _, n := range s.Needs {
			b.needs[id] = append(b.needs[id], needOf(n))
		}
		for _, data := range slices.Sorted(maps.Keys(s.Data)) {
			b.holders[data] = append(b.holders[data], id)
		}
	}
	b.rules, b.watching, b.own = rules(a.Criteria.On), watching(a.Criteria.On), ownRules(a)
	for _, r := range b.own {
		b.rules = append(b.rules, r.rule)
	}
	slices.SortStableFunc(b.rules, func(x, y *rule) int { return cmp.Compare(x.level, y.level) })
	b.sites, b.domains, b.observers = sorted(a.Sites), a.AllDomains(), sorted(a.Observers)
	b.eyes = a.Own()
	for _, id := range b.observers {
		if len(a.Observers[id].SpeaksOn) > 0 {
			b.bound = append(b.bound, id)
		}
	}
	for _, id := range sorted(a.Components) {
		for _, o := range a.Components[id].Observers {
			b.watchers[o] = append(b.watchers[o], id)
		}
	}
	b.names = map[string]string{}
	for _, ids := range [][]string{b.judged, b.sites, b.observers, sorted(a.Components), sorted(b.holders)} {
		for _, id := range ids {
			b.names[id] = id
		}
	}
	b.rings = rings(b.judged, b.needs)
	for _, m := range a.Maintenance {
		b.windows = append(b.windows, b.planned(m))
	}
	return b
}

// name is an id as the analysis holds it. One that is taken from an alert is a part of the message that the alert came in,
// and whoever remembers it keeps all of that.
func (b *book) name(id string) string {
	if id == "" {
		return ""
	}
	if name, known := b.names[id]; known {
		return name
	}
	return id
}

func needOf(n bia.Need) need {
	out := need{members: n.AnyOf, full: n.Full, minimum: n.Minimum, partial: n.Partial, tolerates: int64(n.Tolerates)}
	if out.full == 0 {
		out.full = len(n.AnyOf)
	}
	if out.minimum == 0 {
		out.minimum = out.full
	}
	return out
}

func (b *book) observersOf(component string) []string {
	if c, ok := b.Components[component]; ok {
		return c.Observers
	}
	return nil
}

func (b *book) quorum(component string) int {
	if planted.Is(planted.OneObserver) {
		return 1
	}
	if c, ok := b.Components[component]; ok && c.Quorum > 0 {
		return c.Quorum
	}
	return 1
}

// proven reports whether observers are all known by what they sign or where they speak: then what nobody owns up to is not said
// by one of them.
func (b *book) proven(observers []string) bool {
	loose := func(id string) bool { o, known := b.Observers[id]; return !known || !o.Bound() }
	return len(observers) > 0 && !slices.ContainsFunc(observers, loose)
}

// provenBelow reports the same of the observers of all components whose loss can take a service down.
func (b *book) provenBelow(service string) bool {
	var all []string
	for _, id := range b.Bearers(service) {
		all = append(all, b.observersOf(id)...)
	}
	return b.proven(all)
}

// wholeQuorum is how many must say of a service as a whole that it is down, for that to be declared by.
func (b *book) wholeQuorum(service string) int {
	if planted.Is(planted.OneObserver) {
		return 1
	}
	return b.QuorumOfWhole(service)
}

// ownersOf are the observers that speak on a subject, sorted; none: nobody in particular does.
func (b *book) ownersOf(subject string) (owners []string) {
	for _, id := range b.bound {
		if b.Observers[id].Owns(subject) {
			owners = append(owners, id)
		}
	}
	return owners
}

// isService reports whether an id is a process or service.
func (b *book) isService(id string) bool {
	_, ok := b.Service(id)
	return ok
}

// above are the services that rest on an id, directly or through others, sorted.
func (b *book) above(id string) []string {
	return kept(b.overIDs, id, func(string) []string {
		seen, open := map[string]bool{}, b.Dependents(id)
		for len(open) > 0 {
			s := open[0]
			open = open[1:]
			if !seen[s] {
				seen[s] = true
				open = append(open, b.Dependents(s)...)
			}
		}
		return sorted(seen)
	})
}

// restsOn are the services that a service needs, directly or below.
func (b *book) restsOn(service string) []string {
	return kept(b.servingIDs, service, func(string) (all []string) {
		for _, id := range b.judged {
			if _, found := slices.BinarySearch(b.above(id), service); found {
				all = append(all, id)
			}
		}
		return all
	})
}

// below are the components that a service rests on, sorted.
func (b *book) below(service string) []string { return kept(b.underIDs, service, b.Below) }

// domainsOf are a component's failure domains.
func (b *book) domainsOf(component string) []string {
	return kept(b.domainIDs, component, b.Domains)
}

// membersOf are a failure domain's components, sorted.
func (b *book) membersOf(domain string) []string {
	return kept(b.memberIDs, domain, b.Members)
}

// places are the failure domains that a service has needs in, directly or below, sorted.
func (b *book) places(service string) []string {
	return kept(b.placeIDs, service, func(string) []string {
		in := map[string]bool{}
		for _, c := range b.below(service) {
			for _, d := range b.domainsOf(c) {
				in[d] = true
			}
		}
		return sorted(in)
	})
}

// needsAt reports whether a service has needs in a failure domain, directly or below.
func (b *book) needsAt(service, domain string) bool {
	_, found := slices.BinarySearch(b.places(service), domain)
	return found
}

// sitesOf are the sites that a service has needs at, sorted.
func (b *book) sitesOf(service string) []string {
	return slices.DeleteFunc(slices.Clone(b.places(service)), func(domain string) bool {
		_, found := slices.BinarySearch(b.sites, domain)
		return !found
	})
}

// kept is the answer to a question, asked once.
func kept(answers map[string][]string, id string, ask func(string) []string) []string {
	answer, known := answers[id]
	if !known {
		answer = ask(id)
		answers[id] = answer
	}
	return answer
}

// fill puts labels into a template as they stand. It is empty where a label is missing.
func fill(template string, labels alert.Labels) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		label, after, closed := strings.Cut(rest, "}")
		if !closed || labels.Get(label) == "" {
			return ""
		}
		out.WriteString(labels.Get(label))
		template = after
	}
}

// rings finds the cycles of needs (Tarjan's strongly connected components).
func rings(services []string, needs map[string][]need) map[string][]string {
	t := tarjan{needs: needs, index: map[string]int{}, low: map[string]int{}, onStack: map[string]bool{}, rings: map[string][]string{}}
	for _, id := range services {
		if t.index[id] == 0 {
			t.visit(id)
		}
	}
	return t.rings
}

type tarjan struct {
	needs      map[string][]need
	index, low map[string]int
	stack      []string
	onStack    map[string]bool
	rings      map[string][]string
}

func (t *tarjan) visit(id string) {
	t.index[id] = len(t.index) + 1
	t.low[id] = t.index[id]
	t.stack, t.onStack[id] = append(t.stack, id), true
	loops := false
	for _, n := range t.needs[id] {
		for _, m := range n.members {
			loops = loops || m == id
			if t.index[m] == 0 {
				t.visit(m)
				t.low[id] = min(t.low[id], t.low[m])
			} else if t.onStack[m] {
				t.low[id] = min(t.low[id], t.index[m])
			}
		}
	}
	if t.low[id] != t.index[id] {
		return
	}
	at := slices.Index(t.stack, id)
	ring := slices.Sorted(slices.Values(t.stack[at:]))
	for _, m := range ring {
		delete(t.onStack, m)
		if len(ring) > 1 || loops {
			t.rings[m] = ring
		}
	}
	t.stack = t.stack[:at]
}
