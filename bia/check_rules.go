package bia

import (
	"regexp"
	"slices"
	"strings"

	"holdfast/internal/source"
)

// checkMatchers: expressions are RE2, and of a list of matchers one has to ask for something, as Prometheus wants it of a
// selector: `severity!="info"` alone is true of nearly every alert there is.
func (c *checker) checkMatchers(marks source.Marks, match Matchers, rule string) {
	for _, m := range match {
		if m.bad != nil {
			c.Errorf(m.At, "bia/pattern", `a regular expression as in RE2, for the whole value; \. is a dot`,
				"not a regular expression: %s", strings.TrimPrefix(m.bad.Error(), "error parsing regexp: "))
		}
	}
	if marks.Has("match[0]") && len(match) > 0 && !c.unreadable && !match.asks() {
		c.Errorf(marks.Of("match"), rule, `add one that has to be there, such as alertname=~".+"`, "an alert without any label would match")
	}
}

var (
	placeholder = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_.]*\}`)
	componentIs = []string{"down", "degraded", "up", "unknown"}
	siteIs      = []string{"lost", "impaired", "ok"}
	dataIs      = []string{"unusable", "compromised", "ok"}
)

// checkSignals looks at how alerts are mapped to what is affected.
func (c *checker) checkSignals() {
	for _, s := range c.Signals {
		if s.Match.nothing(s.Marks) {
			c.Errorf(s.Marks.Of("match"), "bia/signal", "name at least one label", "a signal that asks for nothing would match every alert")
		}
		c.checkMatchers(s.Marks, s.Match, "bia/signal")
		c.checkTarget(s)
		if s.Marks.Has("observer") {
			c.checkTemplate(s.Marks.Of("observer"), s.Observer, "observers")
		}
	}
}

func (c *checker) checkTarget(s Signal) {
	effects, targets := slices.Concat(componentIs, siteIs, dataIs), 0
	for _, t := range []struct {
		key, target, section string
		effects              []string
	}{
		{"component", s.Component, "components", componentIs},
		{"site", s.Site, "sites", siteIs},
		{"data", s.Data, "data", dataIs},
	} {
		if !s.Marks.Has(t.key) {
			continue
		}
		if targets++; targets > 1 {
			c.Errorf(s.Marks.Of(t.key), "bia/signal", "write one signal for each", "a signal affects one of component, site and data")
		}
		effects = t.effects
		c.checkTemplate(s.Marks.Of(t.key), t.target, t.section)
	}
	c.word(s.Marks, "effect", "bia/effect", s.Effect, effects...)
}

// checkTemplate: ${label} is put in as it stands; without one the id must exist.
func (c *checker) checkTemplate(at source.Mark, text, section string) {
	rest := placeholder.ReplaceAllString(text, "")
	switch {
	case strings.Contains(rest, "${"):
		c.Errorf(at, "bia/template", "labels are put in as ${label}", "%q has a ${ that names no label", text)
	case rest == text:
		c.refer(at, text, section)
	}
}

// checkCriteria looks at the thresholds, and at which criteria are switched off.
func (c *checker) checkCriteria() {
	r := &c.Criteria
	c.share(r.SiteLossInferred.Marks, r.SiteLossInferred.Share)
	c.share(r.FacilityImpaired.Marks, r.FacilityImpaired.Share)
	c.atLeastOne(r.SiteLossInferred.Marks, "components", r.SiteLossInferred.Components)
	c.atLeastOne(r.SiteLossInferred.Marks, "classes", r.SiteLossInferred.Classes)
	c.atLeastOne(r.SiteLossInferred.Marks, "observers", r.SiteLossInferred.Observers)
	c.atLeastOne(r.ConcurrentLoss.Marks, "count", r.ConcurrentLoss.Count)
	c.word(r.ImpactThreshold.Marks, "level", "bia/impact-level", r.ImpactThreshold.Level, c.Impact.Scale...)
	c.checkCustom()
	c.checkRules()
	all := slices.Concat(lesserCriteria, disasterCriteria)
	c.distinct(r.Off, items(r.Marks, "off"))
	for i, id := range r.Off {
		at := item(r.Marks, "off", i)
		switch {
		case id == Manual:
			c.Errorf(at, "bia/criterion", "leave it out", "a person with the authority can always declare")
		case !slices.Contains(all, id):
			c.Errorf(at, "bia/criterion", source.DidYouMean(id, all), "%q is no criterion", id)
		}
	}
}

func (c *checker) share(marks source.Marks, share float64) {
	if marks.Has("share") && (share <= 0 || share > 1) {
		c.Errorf(marks.Of("share"), "bia/share", "above 0, at most 1", "%v is no share", share)
	}
}

func (c *checker) atLeastOne(marks source.Marks, key string, n int) {
	if marks.Has(key) && n < 1 {
		c.Errorf(marks.Of(key), "bia/count", "at least 1", "%s: %d makes no sense", key, n)
	}
}

// checkDeclaration looks at who decides, and what they delegated.
func (c *checker) checkDeclaration() {
	d := &c.Declaration
	c.positive(d.Marks, "decision_time_objective", d.DecisionTimeObjective)
	c.word(d.Marks, "mode", "bia/mode", d.Mode, modes...)
	c.word(d.Marks, "on_no_decision", "bia/mode", d.OnNoDecision, noDecisions...)
	c.distinct(d.Responders, items(d.Marks, "responders"))
	c.checkReporting()
	c.distinct(d.Rehearsers, items(d.Marks, "rehearsers"))
	if d.Require.Signed && !slices.ContainsFunc(sortedKeys(c.Observers), func(id string) bool { return c.Observers[id].Key != "" }) {
		c.Errorf(d.Require.Marks.Of("signed"), "bia/key", "give observers a key: the public key that each signs with", "no observer signs, so nothing would ever be declared without a person")
	}
	c.positive(d.Require.Marks, "exercised_within", d.Require.ExercisedWithin)
	c.distinct(d.AutomaticFor, items(d.Marks, "automatic_for"))
	for i, id := range d.AutomaticFor {
		at := item(d.Marks, "automatic_for", i)
		switch {
		case id == Manual:
			c.Errorf(at, "bia/criterion", "leave it out", "a declaration by a person cannot be automatic")
		case c.Criteria.customAt(id) == "disaster":
		case slices.Contains(lesserCriteria, id), c.Criteria.customAt(id) != "":
			c.Errorf(at, "bia/criterion", "delegate criteria of a disaster: "+strings.Join(delegable(), ", "), "%q does not make a disaster", id)
		case !slices.Contains(disasterCriteria, id):
			c.Errorf(at, "bia/criterion", source.DidYouMean(id, slices.Concat(disasterCriteria, sortedKeys(c.Criteria.Custom))), "%q is no criterion", id)
		case !c.Criteria.On(id):
			c.Errorf(at, "bia/criterion", "take it from one of the two", "%q is delegated, and switched off under criteria", id)
		}
	}
}

// checkMaintenance looks at the windows in which a declared effect is not counted.
func (c *checker) checkMaintenance() {
	for _, m := range c.Maintenance {
		for _, key := range []string{"from", "to", "scope"} {
			if !m.Marks.Has(key) {
				c.Errorf(m.Marks.Of(""), "bia/maintenance", "from, to and scope say when it holds and for what", "the window does not say %q", key)
			}
		}
		if m.Marks.Has("from") && m.Marks.Has("to") && !m.To.After(m.From) {
			c.Errorf(m.Marks.Of("to"), "bia/maintenance", "to is after from", "the window ends before it starts")
		}
		for i, entry := range m.Scope {
			at := item(m.Marks, "scope", i)
			if site, ok := strings.CutPrefix(entry, "site "); ok {
				c.refer(at, site, "sites")
				continue
			}
			c.refer(at, entry, "components", "services", "processes", "domains")
		}
		for _, id := range sortedKeys(m.Expect) {
			c.refer(m.Marks.Of("expect."+id+":"), id, "components", "services", "processes")
			if effect := m.Expect[id]; !slices.Contains(maintenanceIs, effect) {
				c.Errorf(m.Marks.Of("expect."+id), "bia/effect", "degraded or down", "%q is no effect that maintenance can have", effect)
			}
		}
	}
}
