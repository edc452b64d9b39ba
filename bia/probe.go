package bia

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
)

// OwnSubject is where the observer speaks that is holdfast itself. It lies beside holdfast.alerts.>, so that no credential of a
// sender, and nothing that comes over HTTP, reaches it: only the daemon publishes there.
const OwnSubject = "holdfast.own.probes"

// OwnHeartbeat is the alertname of that observer's heartbeat.
const OwnHeartbeat = "HoldfastProbes"

// A Probe is a look of holdfast's own at a component, or at a service as a whole: what it sees is the word of the observer
// that is holdfast itself.
type Probe struct {
	Marks     source.Marks  `doc:",marks"`
	ID        string        `doc:",key"`
	Component string        `doc:"component"`
	Service   string        `doc:"service"` // or a process: seen as those see it who use it
	HTTP      *ProbeHTTP    `doc:"http"`
	TCP       string        `doc:"tcp"`     // or: host:port; that a connection is taken is enough
	Every     time.Duration `doc:"every"`   // default 30s; it looks at whole multiples of it, by the clock
	Timeout   time.Duration `doc:"timeout"` // default 5s
}

// ProbeHTTP is a GET, and what has to be answered.
type ProbeHTTP struct {
	Marks  source.Marks `doc:",marks"`
	URL    string       `doc:"url,required"`
	Status int          `doc:"status"` // default: any from 200 to 299
	Says   string       `doc:"says"`   // what stands in the answer
}

// Own is the observer that is holdfast itself; empty: there is none.
func (a *Analysis) Own() string {
	for _, id := range sortedKeys(a.Observers) {
		if a.Observers[id].Own {
			return id
		}
	}
	return ""
}

// Due is the first instant after another at which a probe looks: by the clock alone, so that whoever probes next goes on as the
// one before would have.
func (p *Probe) Due(after time.Time) time.Time {
	at := after.UTC().Truncate(p.Every)
	for !at.After(after) {
		at = at.Add(p.Every)
	}
	return at
}

// completeProbes puts in what is left out of probes, and how the observer that is holdfast itself is known.
func (a *Analysis) completeProbes() {
	longest := time.Minute
	for _, p := range a.Probes {
		unwritten(p.Marks, "every", &p.Every, 30*time.Second)
		unwritten(p.Marks, "timeout", &p.Timeout, min(5*time.Second, max(p.Every, 0)))
		longest = max(longest, p.Every)
	}
	if id := a.Own(); id != "" {
		o := a.Observers[id]
		o.SpeaksOn = []string{OwnSubject}
		o.Heartbeat = Heartbeat{Match: Matchers{{Label: "alertname", Op: "=", Value: OwnHeartbeat}, {Label: "observer", Op: "=", Value: id}}, Every: longest}
	}
}

// checkProbes looks at what holdfast is to see for itself.
func (c *checker) checkProbes() {
	own := c.Own()
	for _, id := range sortedKeys(c.Observers) {
		o := c.Observers[id]
		if !o.Own {
			continue
		}
		if id != own {
			c.Errorf(o.Marks.Of("own"), "bia/own", "keep one of them", "%s and %s cannot both be holdfast itself", own, id)
		}
		for _, key := range []string{"speaks_on", "key", "heartbeat", "estimates", "maintenance"} {
			if o.Marks.Has(key) {
				c.Errorf(o.Marks.Of(key), "bia/own", "leave it out", "holdfast knows its own probes, and sends their heartbeat: %s is for other observers", key)
			}
		}
	}
	for _, id := range sortedKeys(c.Probes) {
		c.checkProbe(own, c.Probes[id])
	}
	switch d := c.Declaration; {
	case own == "" && len(c.Probes) > 0:
		c.Errorf(c.Marks.Of("probes"), "bia/own", "observers: {own-eyes: {own: true}}", "no observer is holdfast itself, so nobody would say what the probes see")
	case own == "" && d.Require.OwnProbe, len(c.Probes) == 0 && d.Require.OwnProbe:
		c.Errorf(d.Require.Marks.Of("own_probe"), "bia/own", "observers: {own-eyes: {own: true}} and probes: what it looks at", "holdfast looks at nothing itself, so nothing would ever be declared without a person")
	}
}

func (c *checker) checkProbe(own string, p *Probe) {
	at := p.Marks.Of("")
	switch {
	case p.Marks.Has("component") == p.Marks.Has("service"):
		c.Errorf(at, "bia/probe", "component: ID, or service: ID for one as a whole", "probe %s has to look at either a component or a service", p.ID)
	case p.Marks.Has("component"):
		c.refer(p.Marks.Of("component"), p.Component, "components")
		if x := c.Components[p.Component]; x != nil && own != "" && !slices.Contains(x.Observers, own) {
			c.Errorf(p.Marks.Of("component"), "bia/probe", "add it to the observers of "+p.Component, "%s is not an observer of %s, so what the probe sees would not count", own, p.Component)
		}
	default:
		c.refer(p.Marks.Of("service"), p.Service, "services", "processes")
	}
	if (p.HTTP == nil) == (p.TCP == "") {
		c.Errorf(at, "bia/probe", "http: {url: …}, or tcp: host:port", "probe %s has to ask either by http or by tcp", p.ID)
	}
	if p.HTTP != nil {
		if u, err := url.Parse(p.HTTP.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			c.Errorf(p.HTTP.Marks.Of("url"), "bia/probe", "such as https://shop.example.org/health, without a password in it", "%q is no address that can be asked", p.HTTP.URL)
		}
		if p.HTTP.Marks.Has("status") && (p.HTTP.Status < 100 || p.HTTP.Status > 599) {
			c.Errorf(p.HTTP.Marks.Of("status"), "bia/probe", "such as 200", "%d is no status of HTTP", p.HTTP.Status)
		}
	}
	if p.TCP != "" {
		if at := strings.LastIndexByte(p.TCP, ':'); at <= 0 || at == len(p.TCP)-1 {
			c.Errorf(p.Marks.Of("tcp"), "bia/probe", "such as ledger.internal:5432", "%q is no host with a port", p.TCP)
		}
	}
	if p.Every < time.Second {
		c.Errorf(p.Marks.Of("every"), "bia/probe", "such as 30s", "a probe cannot look every %s", span(p.Every))
	}
	if p.Timeout <= 0 || p.Timeout > p.Every || p.Timeout > time.Minute {
		c.Errorf(p.Marks.Of("timeout"), "bia/probe", "at most every, and at most 1m", "a probe that looks every %s cannot wait %s", span(p.Every), span(p.Timeout))
	}
}

// warnOfUnprobed: where a declaration without a person takes a look of holdfast's own, a service that it does not look at is
// never declared like that.
func (c *checker) warnOfUnprobed() {
	if !c.Declaration.Require.OwnProbe || c.Declaration.Mode != "automatic" {
		return
	}
	seen := c.probed()
	for _, id := range c.Judged() {
		if s := c.graph.judged[id]; c.Objectives(id).Judged() && !c.covered(id, seen, map[string]bool{}) {
			c.Warnf(s.Marks.Of(""), "bia/unprobed", "probes: {"+id+": {service: "+id+", http: {url: …}}}", "own_probe is asked for, and no probe of holdfast's own would see that %s is down: that is never declared without a person", id)
		}
	}
}

// probed are the components and services that a probe looks at.
func (a *Analysis) probed() map[string]bool {
	seen := map[string]bool{}
	for _, p := range a.Probes {
		seen[p.Component], seen[p.Service] = true, true
	}
	return seen
}

// covered reports whether whatever takes a service down would be seen: itself is looked at, or each of its full-effect needs is.
func (c *checker) covered(id string, seen, path map[string]bool) bool {
	s, judged := c.graph.judged[id]
	if seen[id] || !judged || path[id] {
		return seen[id]
	}
	path[id] = true
	needs := 0
	for _, n := range s.Needs {
		if n.Partial {
			continue
		}
		for _, member := range n.AnyOf {
			if needs++; !c.covered(member, seen, path) {
				return false
			}
		}
	}
	return needs > 0
}
