package bia

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/internal/source"
)

// A checker looks for what is wrong in an analysis that could be read, and what somebody should know about it.
type checker struct {
	*Analysis
	source.Problems
	unreadable bool // parts of the document could not be read
	names      map[string][]string
	dangling   int
}

// check finds what is wrong beyond the form. In a document with unreadable parts it looks for errors only.
func (a *Analysis) check(unreadable bool) source.Problems {
	c := &checker{Analysis: a, unreadable: unreadable, names: a.names()}
	c.checkIDs()
	c.checkDefaults()
	c.checkImpact()
	for _, all := range []map[string]*Service{a.Processes, a.Services} {
		for _, id := range sortedKeys(all) {
			c.checkService(all[id])
		}
	}
	c.checkCatalogue()
	c.checkSignals()
	c.checkProbes()
	c.checkCriteria()
	c.checkDeclaration()
	c.checkMaintenance()
	c.checkAccepted()
	if !unreadable {
		c.warn()
	}
	return c.Problems
}

// checkIDs looks at the names of things: they appear in subjects, addresses and commands, and on the phone.
func (c *checker) checkIDs() {
	checkNames(c, "process", c.Processes, func(s *Service) source.Marks { return s.Marks })
	checkNames(c, "service", c.Services, func(s *Service) source.Marks { return s.Marks })
	checkNames(c, "component", c.Components, func(x *Component) source.Marks { return x.Marks })
	checkNames(c, "site", c.Sites, func(x *Site) source.Marks { return x.Marks })
	checkNames(c, "probe", c.Probes, func(x *Probe) source.Marks { return x.Marks })
	checkNames(c, "observer", c.Observers, func(x *Observer) source.Marks { return x.Marks })
	checkNames(c, "risk", c.Risks, func(x *Risk) source.Marks { return x.Marks })
	for _, id := range sortedKeys(c.Services) {
		if p, taken := c.Processes[id]; taken {
			c.taken(c.Services[id].Marks, id, "a process", p.Marks)
		}
	}
	for _, id := range sortedKeys(c.Components) {
		if s, taken := c.graph.judged[id]; taken {
			c.taken(c.Components[id].Marks, id, "a service", s.Marks)
		}
	}
}

var wellNamed = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

func checkNames[T any](c *checker, kind string, all map[string]T, marks func(T) source.Marks) {
	for _, id := range sortedKeys(all) {
		c.checkName(marks(all[id]).Of(""), kind, id)
	}
}

func (c *checker) checkName(at source.Mark, kind, id string) {
	if !wellNamed.MatchString(id) {
		c.Errorf(at, "bia/id", "letters, digits and . _ : - after a letter or digit, at most 128", "%q cannot be the id of a %s", id, kind)
	}
}

func (c *checker) taken(marks source.Marks, id, by string, first source.Marks) {
	c.Errorf(marks.Of(""), "bia/id-taken", "ids are unique over processes, services and components", "%q is already %s, on line %d", id, by, first.Of("").Line)
}

func (c *checker) checkDefaults() {
	c.positive(c.Defaults.Marks, "confirm_for", c.Defaults.ConfirmFor)
	c.positive(c.Defaults.Marks, "recover_for", c.Defaults.RecoverFor)
	c.positive(c.Defaults.Marks, "max_age", c.Defaults.MaxAge)
}

// checkAccepted: whoever retains a risk says why, and stands for it by name.
func (c *checker) checkAccepted() {
	for _, a := range c.Accepted {
		for _, w := range []struct{ key, text string }{{"rule", a.Rule}, {"where", a.Where}, {"reason", a.Reason}, {"by", a.By}} {
			if a.Marks.Has(w.key) && strings.TrimSpace(w.text) == "" {
				c.Errorf(a.Marks.Of(w.key), "bia/acceptance", "rule, where, reason, by and until are all needed", "%s says nothing", w.key)
			}
		}
	}
}

// positive refuses a duration of nothing where that makes no sense.
func (c *checker) positive(marks source.Marks, key string, d time.Duration) {
	if at, written := marks[key]; written && d == 0 {
		c.Errorf(at, "bia/zero", "leave the key out if there is none", "%s has to be longer than nothing", key)
	}
}

// word refuses what is not one of the words that a key understands.
func (c *checker) word(marks source.Marks, key, rule, value string, known ...string) {
	if marks.Has(key) && value != "" && !slices.Contains(known, value) {
		c.Errorf(marks.Of(key), rule, source.DidYouMean(value, known), "%s cannot be %q", key, value)
	}
}

func (c *checker) checkZone(marks source.Marks, zone string) {
	if _, ok := location(zone); zone != "" && !ok {
		c.Errorf(marks.Of("zone"), "bia/zone", "zones are written as in Europe/Berlin, or UTC", "%q is no time zone", zone)
	}
}

// span writes a duration as the document does.
func span(d time.Duration) string { return model.Duration(d).String() }

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
