package oncall

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Redact is a people.yaml with nothing in it but ids, roles and turns: what the journal keeps, so that a replay knows who
// held which role when. Names, addresses, token hashes and comments are left out, for what is once in the journal stays
// there. A text that Parse finds errors in comes out as an empty roster.
func Redact(text []byte) []byte {
	r, problems := Parse("people.yaml", text)
	if problems.HasErrors() {
		r = &Roster{}
	}
	var b bytes.Buffer
	section(&b, "people", len(r.People))
	for _, id := range slices.Sorted(maps.Keys(r.People)) {
		fmt.Fprintf(&b, "  %q: {}\n", id)
	}
	section(&b, "roles", len(r.Roles))
	for _, id := range slices.Sorted(maps.Keys(r.Roles)) {
		fmt.Fprintf(&b, "  %q: %s\n", id, r.Roles[id].outline())
	}
	return b.Bytes()
}

func section(b *bytes.Buffer, name string, length int) {
	if length == 0 {
		fmt.Fprintf(b, "%s: {}\n", name)
		return
	}
	fmt.Fprintf(b, "%s:\n", name)
}

func (r *Role) outline() string {
	if r.Rotation == nil {
		return "{people: " + quoted(r.People) + "}"
	}
	o := r.Rotation
	overrides := make([]string, 0, len(o.Overrides))
	for _, v := range o.Overrides {
		overrides = append(overrides, fmt.Sprintf("{person: %q, from: %q, to: %q}", v.Person, v.From.Format(time.RFC3339Nano), v.To.Format(time.RFC3339Nano)))
	}
	return fmt.Sprintf("{rotation: {people: %s, zone: %q, start: %s, handover: %q, every: %dd, overrides: [%s]}}",
		quoted(o.People), o.Zone, o.Start.Format(time.DateOnly), o.Handover, o.Every/day, strings.Join(overrides, ", "))
}

func quoted(ids []string) string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, fmt.Sprintf("%q", id))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
