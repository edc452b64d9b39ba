package oncall

import (
	"slices"
	"time"
)

// Line is a role's line of succession at an instant: who is on duty first, then who follows. Who is absent is passed over,
// or stands behind their deputy. Where everybody is absent it is as if nobody were: to ask somebody who is away is better
// than to ask nobody. Empty for an unknown role.
func (r *Roster) Line(role string, at time.Time) []string {
	line := r.nominal(role, at)
	if there := r.there(line, at); len(there) > 0 {
		return there
	}
	return line
}

// nominal is the line without absences. Its layers, each above the one before: the list, or whose turn it is; holidays;
// overrides. Somebody who stands in is followed by the one they stand in for.
func (r *Roster) nominal(role string, at time.Time) []string {
	found, ok := r.Roles[role]
	if !ok {
		return nil
	}
	line := slices.Clone(found.People)
	if found.Rotation != nil {
		line = found.Rotation.order(at)
	}
	if h := found.Holidays; h != nil && r.Calendars[h.Calendar].has(at) {
		line = h.move(line)
	}
	if found.Rotation != nil {
		if o := found.Rotation.override(at); o != nil {
			line = first(line, o.Person)
		}
	}
	return line
}

// there is a line with deputies in the place of those who are absent, and without those for whom nobody is there.
func (r *Roster) there(line []string, at time.Time) []string {
	if !slices.ContainsFunc(line, func(id string) bool { return r.Absent(id, at) }) {
		return line
	}
	var there []string
	for _, id := range line {
		if acting, ok := r.Acting(id, at); ok && !slices.Contains(there, acting) {
			there = append(there, acting)
		}
	}
	return there
}

// first puts a person at the head of a line, wherever they stood.
func first(line []string, person string) []string {
	line = slices.DeleteFunc(line, func(id string) bool { return id == person })
	return slices.Insert(line, 0, person)
}

// Holds reports whether a person may act for a role at an instant: everybody in its line may, and who is absent from it
// may too. To be away means not to be asked.
func (r *Roster) Holds(person, role string, at time.Time) bool {
	line := r.nominal(role, at)
	return slices.Contains(line, person) || slices.Contains(r.there(line, at), person)
}

// Holders are all people who hold a role by turns or in line, at whatever instant.
func (r *Roster) Holders(role string) []string {
	found, ok := r.Roles[role]
	switch {
	case !ok:
		return nil
	case found.Rotation != nil:
		return slices.Clone(found.Rotation.People)
	}
	return slices.Clone(found.People)
}

// Deputies are who may act for a role beside its line once a step that waits for it has escalated, in the order of those
// they are deputies of.
func (r *Roster) Deputies(role string, at time.Time) (deputies []string) {
	line := r.Line(role, at)
	for _, id := range r.nominal(role, at) {
		p := r.People[id]
		if p == nil || p.Deputy == nil || !p.Deputy.AfterEscalation {
			continue
		}
		acting, ok := r.Acting(p.Deputy.Person, at)
		if ok && !slices.Contains(line, acting) && !slices.Contains(deputies, acting) {
			deputies = append(deputies, acting)
		}
	}
	return deputies
}

// Absent reports whether a person is absent at an instant.
func (r *Roster) Absent(person string, at time.Time) bool {
	p := r.People[person]
	return p != nil && slices.ContainsFunc(p.Absences, func(a Absence) bool { return !at.Before(a.From) && at.Before(a.To) })
}

// Acting is who acts in the place of a person at an instant: themselves while they are there, else their deputy, or the
// deputy's; false: nobody.
func (r *Roster) Acting(person string, at time.Time) (string, bool) {
	for range len(r.People) {
		p := r.People[person]
		switch {
		case !r.Absent(person, at):
			return person, true
		case p.Deputy == nil:
			return "", false
		}
		person = p.Deputy.Person
	}
	return "", false
}

// Away is somebody of a role's line who is absent, until when, and who acts for them; nobody: empty.
type Away struct {
	Person string
	Until  time.Time
	Acting string
}

// Away are those of a role's line who are absent at an instant.
func (r *Roster) Away(role string, at time.Time) (all []Away) {
	for _, id := range r.nominal(role, at) {
		if !r.Absent(id, at) {
			continue
		}
		a := Away{Person: id, Until: at}
		for r.Absent(id, a.Until) {
			for _, absence := range r.People[id].Absences {
				if !a.Until.Before(absence.From) && a.Until.Before(absence.To) {
					a.Until = absence.To
				}
			}
		}
		a.Acting, _ = r.Acting(id, at)
		all = append(all, a)
	}
	return all
}
