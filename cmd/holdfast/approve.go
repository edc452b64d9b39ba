package main

import (
	"strings"

	"holdfast/incident"
)

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
