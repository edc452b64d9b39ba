package oncall

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"holdfast/internal/source"
)

// Parse reads and checks a people.yaml. With an error among the problems it must not be used.
func Parse(file string, text []byte) (*Roster, source.Problems) {
	sum := sha256.Sum256(text)
	r := &Roster{Digest: "sha256:" + hex.EncodeToString(sum[:])}
	problems := source.Decode(file, text, r)
	for _, role := range r.Roles {
		if role.Rotation != nil {
			role.Rotation.fillIn()
		}
	}
	for _, calendar := range r.Calendars {
		calendar.fillIn()
	}
	c := checker{r: r}
	c.roster()
	return r, append(problems, apartFrom(problems, c.found)...).Sorted()
}

// apartFrom leaves out what points at a place that already has a problem: one wrong word is one problem.
func apartFrom(known, more source.Problems) source.Problems {
	return slices.DeleteFunc(more, func(m source.Problem) bool {
		return slices.ContainsFunc(known, func(k source.Problem) bool { return k.Position == m.Position })
	})
}
