package main

import (
	"context"
	"strings"

	"holdfast/console"
	"holdfast/incident"
)

// shown is the digest of what a decision lets happen as the daemon shows it now; empty where it shows none, which the order
// itself then finds out.
func (c *client) shown(ctx context.Context, order incident.Command) string {
	var i console.Incident
	if _, err := c.read(ctx, incidentPath(order.Incident, ""), &i); err != nil {
		return ""
	}
	for _, run := range i.Runs {
		for _, s := range run.Steps {
			if s.Release != nil && s.Status == incident.Waiting && (s.ID == order.Step || run.ID+"/"+s.ID == order.Step) {
				return s.Release.Digest
			}
		}
	}
	return ""
}

// printRelease writes what a decision lets happen: nobody approves a name.
func printRelease(out *printer, r *incident.Release) {
	if r == nil || len(r.Steps) == 0 {
		return
	}
	digest, _ := strings.CutPrefix(r.Digest, "sha256:")
	out.parts(cell{"    it lets happen (sha256:" + digest[:min(len(digest), 12)] + "):", soft})
	for _, s := range r.Steps {
		out.parts(cell{"    " + s.Step + ":", bold}, cell{s.Does, plain})
	}
}
