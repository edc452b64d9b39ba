package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
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
	return problems
}

// waysIn are those, beside one credential, by which an alert can come on a subject.
func waysIn(c *config.Config, subject string) (ways []string) {
	if e := c.NATS.Embedded; e != nil && e.Listen != config.None {
		if e.AnonymousAlerts() && config.Overlap(subject, "holdfast.alerts.>") {
			ways = append(ways, "any program on this machine, over NATS without credentials")
		}
		var users []string
		for _, name := range slices.Sorted(maps.Keys(e.Users)) {
			if slices.ContainsFunc(e.Users[name].Publish, func(p string) bool { return config.Overlap(p, subject) }) {
				users = append(users, name)
			}
		}
		if len(users) > 1 {
			ways = append(ways, "the NATS users "+strings.Join(users, ", "))
		}
	}
	if config.Overlap(subject, "holdfast.alerts.*") && !c.Alerts.Sole(strings.TrimPrefix(subject, "holdfast.alerts.")) {
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
