package detector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
)

// A window is planned maintenance: within it, a service that gets no worse than expected by nothing but the scope is not
// counted. Worse or wider counts at once; what outlasts the window and its grace counts from then on.
type window struct {
	span
	until  int64 // as it was announced; it may have been called off since
	change string
	by     string   // who announced it; empty: an alert did, or the analysis; of what is void the observer
	void   bool     // announced by an alert of nobody who may: it excuses nothing, and is only shown
	scope  []string // components, sorted
	places []string // that they stand in, sorted
	expect map[string]grade
}

func (w window) covers(component string) bool {
	_, found := slices.BinarySearch(w.scope, component)
	return found
}

// windowsMost bounds the windows that were announced and are not over.
const windowsMost = 256

// voidMost bounds the windows that nobody announced who may.
const voidMost = 16

// voided are the windows that would allow a service some effect at an instant, had somebody announced them who may.
func (d *Detector) voided(service string, t int64) (all []string) {
	for _, w := range d.windows {
		if _, ok := w.expect[service]; !ok || !w.void || !w.has(t) {
			continue
		}
		who := w.by
		if who == "" {
			who = "nobody in particular"
		}
		all = append(all, fmt.Sprintf("planned maintenance %s of %s excuses nothing: it was announced by %s, which may not (observers.*.maintenance)", w.change, and(w.scope), who))
	}
	return all
}

// repeats reports whether a window is about the same as an earlier one, for the same time or, being called off, any.
func (w window) repeats(o window, off bool) bool {
	return (off || w.until == o.until && w.from <= o.from) && w.change == o.change && w.by == o.by && w.void == o.void && slices.Equal(w.scope, o.scope) && maps.Equal(w.expect, o.expect)
}

// planned is a window of the analysis.
func (b *book) planned(m bia.Maintenance) window {
	w := window{span: span{instant(m.From), later(instant(m.To), m.Grace)}, change: m.Change, scope: b.scope(m.Scope), expect: map[string]grade{}}
	w.places = b.standing(w.scope)
	for service, effect := range m.Expect {
		w.expect[service], _ = gradeOf(effect)
	}
	return w
}

// announced is a window that was announced over the alert subjects: the effect is what it may do to whatever rests on
// its scope. It cannot excuse what was before it was announced.
func (b *book) announced(change string, heard int64, from, to time.Time, scope []string, effect grade) window {
	w := window{span: span{max(heard, instant(from)), instant(to)}, until: instant(to), change: change, scope: b.scope(scope), expect: map[string]grade{}}
	w.places = b.standing(w.scope)
	for _, id := range w.scope {
		for _, service := range b.above(id) {
			w.expect[service] = effect
		}
	}
	return w
}

// scope are the components that the words of a scope name: components, services (what they rest on), and failure
// domains, with or without the word "site" before them.
func (b *book) scope(words []string) []string {
	var all []string
	for _, word := range words {
		id := b.name(strings.TrimSpace(strings.TrimPrefix(word, "site ")))
		if _, ok := b.Components[id]; ok {
			all = append(all, id)
		} else if b.isService(id) {
			all = append(all, b.below(id)...)
		} else {
			all = append(all, b.Members(id)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// standing are the sites that components stand in, sorted.
func (b *book) standing(components []string) []string {
	var all []string
	for _, id := range components {
		if site := b.Components[id].Site; site != "" {
			all = append(all, site)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func gradeOf(effect string) (grade, bool) {
	for g, name := range states {
		if string(name) == effect {
			return grade(g), true
		}
	}
	return 0, false
}

// expecting are the windows that allow a service some effect.
func (d *Detector) expecting(service string) []window {
	var all []window
	for _, list := range [][]window{d.book.windows, d.windows} {
		for _, w := range list {
			if _, ok := w.expect[service]; ok && w.from < w.to && !w.void {
				all = append(all, w)
			}
		}
	}
	return all
}

// excused is when a window is one: facility signals are never muted, so that it excuses nothing of a site from when on that
// is signalled lost.
func (v *view) excused(w window) spans {
	when := spans{w.span}
	for _, site := range w.places {
		if said := v.d.sites[site]; len(said) > 0 && site != v.cleared {
			when = when.intersect(worst(said, v.lens).where(func(f facility) bool { return f < facilityLost }))
		}
	}
	return when
}

// allowance is how bad a service may be at each instant for it to be as planned.
func (v *view) allowance(windows []window, service string) line[grade] {
	lines := make([]line[grade], len(windows))
	for i, w := range windows {
		for _, p := range v.excused(w) {
			lines[i] = lines[i].to(p.from, w.expect[service]).to(p.to, wellUp)
		}
	}
	return combine(lines, worstOf)
}

// unexcuse passes on that a site was signalled, for the services whose planned maintenance it may put an end to.
func (d *Detector) unexcuse(site string) {
	for _, list := range [][]window{d.book.windows, d.windows} {
		for _, w := range list {
			if slices.Contains(w.places, site) {
				for service := range w.expect {
					d.disturb(service)
					for _, above := range d.book.above(service) {
						d.disturb(above)
					}
				}
			}
		}
	}
}
