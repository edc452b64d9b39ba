package bia

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdfast/internal/source"
)

// names are the ids that the document defines, by the section that defines them, sorted.
func (a *Analysis) names() map[string][]string {
	data := map[string]bool{}
	for _, s := range a.graph.judged {
		for id := range s.Data {
			data[id] = true
		}
	}
	return map[string][]string{
		"processes":  sortedKeys(a.Processes),
		"services":   sortedKeys(a.Services),
		"components": sortedKeys(a.Components),
		"sites":      sortedKeys(a.Sites),
		"observers":  sortedKeys(a.Observers),
		"domains":    a.AllDomains(),
		"data":       slices.Sorted(maps.Keys(data)),
	}
}

// writtenUnder is the key that a section stands under, where that is not its own name.
var writtenUnder = map[string]string{"domains": "components", "data": "services"}

// mostHinted is how many dangling references are compared with everything there is; more of them have one cause.
const mostHinted = 50

// refer checks that an id is defined in one of some sections. Where a section could not be read, nobody can tell.
func (c *checker) refer(at source.Mark, id string, sections ...string) {
	var all []string
	for _, section := range sections {
		if _, found := slices.BinarySearch(c.names[section], id); found {
			return
		}
		under := section
		if other, ok := writtenUnder[section]; ok {
			under = other
		}
		if c.unreadable && !c.Marks.Has(under) {
			return
		}
		all = append(all, c.names[section]...)
	}
	hint := ""
	if c.dangling++; c.dangling <= mostHinted {
		hint = source.DidYouMean(id, all)
	}
	c.Errorf(at, "bia/dangling", hint, "%q is not among the %s", id, strings.ReplaceAll(strings.Join(sections, ", "), "domains", "failure domains"))
}

// checkCatalogue looks at what there is: sites, observers, components, risks.
func (c *checker) checkCatalogue() {
	for _, id := range sortedKeys(c.Sites) {
		c.checkZone(c.Sites[id].Marks, c.Sites[id].Zone)
	}
	for _, id := range sortedKeys(c.Observers) {
		c.checkObserver(c.Observers[id])
	}
	for _, id := range sortedKeys(c.Components) {
		c.checkComponent(c.Components[id])
	}
	for _, id := range sortedKeys(c.Risks) {
		r := c.Risks[id]
		if len(r.Lost) == 0 {
			c.Errorf(r.Marks.Of("lost"), "bia/risk", "lost: [a site or another failure domain]", "the risk does not say what is lost")
		}
		for i, domain := range r.Lost {
			c.refer(item(r.Marks, "lost", i), domain, "domains")
		}
	}
}

func (c *checker) checkObserver(o *Observer) {
	if o.Marks.Has("site") {
		c.refer(o.Marks.Of("site"), o.Site, "sites")
	}
	if o.Marks.Has("key") && o.PublicKey() == nil {
		c.Errorf(o.Marks.Of("key"), "bia/key", "openssl pkey -in KEY -pubout -outform DER | tail -c 32 | base64", "this is no Ed25519 public key: base64 of 32 bytes")
	}
	c.checkSpeaksOn(o)
	h := o.Heartbeat
	if !o.Marks.Has("heartbeat") {
		return
	}
	c.positive(h.Marks, "every", h.Every)
	if !h.Marks.Has("every") || !h.Marks.Has("match") || h.Match.nothing(h.Marks) {
		c.Errorf(h.Marks.Of(""), "bia/heartbeat", "{match: {alertname: Watchdog}, every: 2m}", "a heartbeat says which alert it is and how often it comes")
	}
	c.checkMatchers(h.Marks, h.Match, "bia/heartbeat")
}

func (c *checker) checkComponent(x *Component) {
	if x.Marks.Has("site") {
		c.refer(x.Marks.Of("site"), x.Site, "sites")
	}
	for i, o := range x.Observers {
		c.refer(item(x.Marks, "observers", i), o, "observers")
	}
	c.distinct(x.Observers, items(x.Marks, "observers"))
	switch observers := len(x.Observers); {
	case !x.Marks.Has("quorum"):
	case x.Quorum < 1:
		c.Errorf(x.Marks.Of("quorum"), "bia/quorum", "at least 1", "quorum: %d would call it down when nobody says so", x.Quorum)
	case x.Quorum > observers:
		c.Errorf(x.Marks.Of("quorum"), "bia/quorum", "at most the number of observers", "quorum: %d can never be reached with %d observers", x.Quorum, observers)
	}
	c.distinct(x.Domains, items(x.Marks, "domains"))
	for i, domain := range x.Domains {
		at := item(x.Marks, "domains", i)
		c.checkName(at, "failure domain", domain)
		if _, site := c.Sites[domain]; site {
			c.checkDomainSite(at, x, domain)
		}
	}
}

// checkDomainSite: a component stands in one site, and its site is one of its domains already.
func (c *checker) checkDomainSite(at source.Mark, x *Component, domain string) {
	if domain == x.Site {
		c.Warnf(at, "bia/site-as-domain", "leave it out", "a component's site is one of its failure domains anyway")
		return
	}
	c.Errorf(at, "bia/site-as-domain", "give the domain a name of its own, or write site: "+domain, "%q is a site; the losses of a site are counted among the components that stand there", domain)
}

// distinct refuses items that stand in their list before already.
func (c *checker) distinct(items []string, at func(i int) source.Mark) {
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		if seen[item] {
			c.Errorf(at(i), "bia/twice", "name it once", "%q is named twice", item)
		}
		seen[item] = true
	}
}

// items tells where the items of a list are written.
func items(marks source.Marks, key string) func(i int) source.Mark {
	return func(i int) source.Mark { return item(marks, key, i) }
}

// item is where an item of a list is written.
func item(marks source.Marks, key string, i int) source.Mark {
	if at, ok := marks[fmt.Sprintf("%s[%d]", key, i)]; ok {
		return at
	}
	return marks.Of(key)
}
