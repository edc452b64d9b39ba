package bia

import (
	"crypto/sha256"
	"encoding/hex"

	"holdfast/internal/source"
)

// Parse reads and checks a bia.yaml. With an error among the problems the analysis must not be used.
func Parse(file string, text []byte) (*Analysis, source.Problems) {
	var a Analysis
	problems := source.Decode(file, text, &a)
	sum := sha256.Sum256(text)
	a.Digest = "sha256:" + hex.EncodeToString(sum[:])
	a.complete()
	a.connect()
	a.inherit()
	return &a, append(problems, a.check(problems.HasErrors())...).Sorted()
}
