package bia

import (
	"crypto/sha256"
	"encoding/hex"

	"holdfast/internal/source"
)

// Parse reads and checks a bia.yaml. With an error among the problems the analysis must not be used.
func Parse(file string, text []byte) (*Analysis, source.Problems) {
	var a Analysis
	problems := source.DecodeUpTo(source.MaxAnalysis, file, text, &a)
	sum := sha256.Sum256(text)
	a.Digest = "sha256:" + hex.EncodeToString(sum[:])
	a.complete()
	a.connect()
	a.inherit()
	known := map[source.Position]bool{}
	for _, p := range problems {
		known[p.Position] = true
	}
	for _, p := range a.check(problems.HasErrors()) {
		if !known[p.Position] { // what follows from an unreadable value is no news
			problems = append(problems, p)
		}
	}
	return &a, problems.Sorted()
}
