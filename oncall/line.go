package oncall

import (
	"slices"
	"time"
)

// Line is a role's line of succession at an instant: who is on duty first, then who follows. Empty for an unknown role.
func (r *Roster) Line(role string, at time.Time) []string {
	found, ok := r.Roles[role]
	switch {
	case !ok:
		return nil
	case found.Rotation != nil:
		return found.Rotation.line(at)
	}
	return slices.Clone(found.People)
}

// Holds reports whether a person may act for a role at an instant: everybody in its line may.
func (r *Roster) Holds(person, role string, at time.Time) bool {
	return slices.Contains(r.Line(role, at), person)
}
