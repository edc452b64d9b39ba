package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/internal/subjects"
)

// openSpeakers finds the observers that bia.yaml binds to a subject (speaks_on) on which, by holdfast.yaml, others can publish
// as well: then the subject proves nothing. Of a server of your own nothing is known but what comes over HTTP.
func openSpeakers(c *config.Config, docs *incident.Documents) (problems source.Problems) {
	for _, id := range slices.Sorted(maps.Keys(docs.BIA.Observers)) {
		o := docs.BIA.Observers[id]
		if o.Key != "" || o.Own { // its signature proves it, wherever it comes; and where holdfast itself speaks nobody else gets
			continue
		}
		for i, subject := range o.SpeaksOn {
			ways := waysIn(c, subject)
			if len(ways) == 0 {
				continue
			}
			at := o.Marks.Of("speaks_on")
			if m, ok := o.Marks[item("speaks_on", i)]; ok {
				at = m
			}
			problems.Warnf(at, "config/open-speaker", "in holdfast.yaml: alerts: {senders: {"+id+": {token_file: …}}} closes HTTP, nats: {embedded: {anonymous: false}} the way without credentials",
				"%s speaks on %s, and so can %s", id, subject, strings.Join(ways, ", and "))
		}
	}
	return append(problems, sharedCredentials(c, docs)...)
}

// sharedCredentials finds the components whose quorum the holder of one credential of holdfast.yaml makes up by itself: its observers
// speak on subjects of their own, and one user of NATS, or one token, may publish on several of these.
func sharedCredentials(c *config.Config, docs *incident.Documents) (problems source.Problems) {
	if docs.BIA.Declaration.Mode != "automatic" {
		return nil
	}
	all, said := bearers(c), map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(docs.BIA.Components)) {
		x := docs.BIA.Components[id]
		for _, one := range all {
			var as []string
			for _, observer := range slices.Sorted(slices.Values(x.Observers)) {
				if o := docs.BIA.Observers[observer]; o != nil && o.Key == "" && !o.Own && slices.ContainsFunc(o.SpeaksOn, one.publishes) {
					as = append(as, observer)
				}
			}
			text := fmt.Sprintf("%s can speak as %s", one.name, strings.Join(as, ", "))
			if x.Quorum > 1 && len(as) >= x.Quorum && !said[text] {
				said[text] = true
				problems.Warnf(x.Marks.Of("quorum"), "config/open-speaker", "in holdfast.yaml: a credential for each observer, which publishes on its subject alone", "%s, which is the quorum of %s", text, id)
			}
		}
	}
	return problems
}

// A bearer is whoever has a credential of holdfast.yaml, and where they can publish with it.
type bearer struct {
	name      string
	publishes func(subject string) bool
}

func bearers(c *config.Config) (all []bearer) {
	if e := c.NATS.Embedded; e != nil && e.Listen != config.None {
		for _, name := range slices.Sorted(maps.Keys(e.Users)) {
			all = append(all, bearer{"the NATS user " + name, func(subject string) bool {
				return slices.ContainsFunc(e.Users[name].Publish, func(p string) bool { return subjects.Overlap(p, subject) })
			}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Alerts.Senders)) {
		if s := c.Alerts.Senders[name]; s.TokenFile != "" {
			all = append(all, bearer{"the sender " + name + ", over HTTP,", func(subject string) bool {
				return slices.ContainsFunc(s.Sources, func(to string) bool { return subjects.Overlap("holdfast.alerts."+to, subject) })
			}})
		}
	}
	return all
}

// waysIn are those, beside one credential, by which an alert can come on a subject.
func waysIn(c *config.Config, subject string) (ways []string) {
	if e := c.NATS.Embedded; e != nil && e.Listen != config.None {
		if e.AnonymousAlerts() && subjects.Overlap(subject, "holdfast.alerts.>") {
			ways = append(ways, "any program on this machine, over NATS without credentials")
		}
		var users []string
		for _, name := range slices.Sorted(maps.Keys(e.Users)) {
			if slices.ContainsFunc(e.Users[name].Publish, func(p string) bool { return subjects.Overlap(p, subject) }) {
				users = append(users, name)
			}
		}
		if len(users) > 1 {
			ways = append(ways, "the NATS users "+strings.Join(users, ", "))
		}
	}
	if subjects.Overlap(subject, "holdfast.alerts.*") && !c.Alerts.Sole(strings.TrimPrefix(subject, "holdfast.alerts.")) {
		by := "whoever has the token of alerts.token_file, over HTTP"
		if c.Alerts.TokenFile == "" {
			by = "whoever reaches the HTTP API"
		}
		ways = append(ways, by)
	}
	return ways
}

// item is the key that marks the place of a list's item.
func item(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }
