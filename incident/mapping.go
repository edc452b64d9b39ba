package incident

import (
	"errors"
	"strings"

	"holdfast/bia"
	"holdfast/detector/alert"
	"holdfast/internal/source"
)

// compileMappings makes the mappings of bia.yaml ready to read with. What is wrong with one is underlined where it stands.
func (d *Documents) compileMappings() (problems source.Problems) {
	if d.BIA == nil {
		return nil
	}
	for _, w := range d.BIA.Mappings {
		if !w.Subject.Readable() || !w.Status.Readable() || !w.Marks.Has("labels") {
			continue // that is a problem already
		}
		m, wrong := alert.NewMapping(alert.Mapping{Subject: w.Subject.Written, Each: w.Each.Written, Status: w.Status.Written,
			Labels: written(w.Labels), Annotations: written(w.Annotations), At: w.At.Written, Fingerprint: w.Fingerprint.Written})
		for _, p := range wrong {
			problems.Errorf(whereOf(w, p), "bia/mapping", p.Hint, "%s", p.Message)
		}
		if m != nil {
			d.checkMapping(w, m, &problems)
			d.mappings = append(d.mappings, m)
		}
	}
	return problems
}

// checkMapping says of a mapping that nothing reaches it, or that it takes what is meant for others.
func (d *Documents) checkMapping(w bia.Mapping, m *alert.Mapping, problems *source.Problems) {
	at := w.Subject.Within(0, len([]rune(w.Subject.Written)))
	for _, above := range d.mappings {
		if above.Covers(m.Subject) {
			problems.Warnf(at, "bia/mapping-unreached", "the first that is for a subject reads its messages: put this one above it", "a mapping above, for %s, takes all of its messages", above.Subject)
			return
		}
	}
	if m.Covers("holdfast.alerts.*") {
		problems.Warnf(at, "bia/mapping-takes-all", "name the subjects that only its sender publishes on", "what every other sender publishes on a subject of its own is read by this mapping too, and by nothing else")
	}
}

func written(texts map[string]source.Text) map[string]string {
	all := map[string]string{}
	for name, text := range texts {
		all[name] = text.Written
	}
	return all
}

// whereOf is where the words stand that are wrong.
func whereOf(w bia.Mapping, p alert.MappingProblem) source.Mark {
	text := map[string]source.Text{"subject": w.Subject, "each": w.Each, "status": w.Status, "at": w.At, "fingerprint": w.Fingerprint}[p.Field]
	for prefix, texts := range map[string]map[string]source.Text{"labels.": w.Labels, "annotations.": w.Annotations} {
		if name, ok := strings.CutPrefix(p.Field, prefix); ok {
			text = texts[name]
		}
	}
	if at := text.Within(p.From, p.To); at.Written() && text.Written != "" {
		return at
	}
	return w.Marks.Of(p.Field)
}

// makeOut is what a message says. What a mapping is for by its subject, it reads, whatever the message holds; for any other it is
// what its format says (whose batch it is). Of several bodies some can be readable, and one not: then it is both.
func (d *Documents) makeOut(subject string, batch alert.Batch, unreadable *alert.Unreadable) (alert.Batch, *alert.Unreadable) {
	if batch.Body == nil {
		return batch, unreadable
	}
	for _, m := range d.mappings {
		if m.Covers(subject) && subject != bia.OwnSubject { // what holdfast says itself is in its own format
			return readBy(m, batch)
		}
	}
	return batch, unreadable
}

func readBy(m *alert.Mapping, batch alert.Batch) (alert.Batch, *alert.Unreadable) {
	read, err := batch.Each(m.Read)
	if err == nil {
		return read, nil
	}
	why := &alert.Unreadable{Reason: alert.Malformed, Detail: err.Error()}
	errors.As(err, &why)
	return read, why
}
