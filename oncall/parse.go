package oncall

import (
	"time"

	"holdfast/internal/source"
)

// Parse reads and checks a people.yaml. With an error among the problems it must not be used.
func Parse(file string, text []byte) (*Roster, source.Problems) { panic("unwritten") }

// Authenticate finds the person whose token this is. It takes the same time whoever it is.
func (r *Roster) Authenticate(token string) (*Person, bool) { panic("unwritten") }

// Line is a role's line of succession at an instant: who is on duty first, then who follows. Empty for an unknown role.
func (r *Roster) Line(role string, at time.Time) []string { panic("unwritten") }

// Holds reports whether a person may act for a role at an instant: everybody in its line may.
func (r *Roster) Holds(person, role string, at time.Time) bool { panic("unwritten") }

// NewToken makes a token (shown once) and the hash that people.yaml keeps; random is 32 random bytes.
func NewToken(random []byte) (token, hash string) { panic("unwritten") }
