package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"holdfast/incident"
)

// A toldReport is a report that was written earlier, and a desk that reads the log up to where the report did. Nil: none
// is to be held against the log.
type toldReport struct {
	report incident.Report
	said   map[string]any // the report as it was written
	desk   *incident.Desk
	hashes map[uint64]string
}

func readReport(file string) (*toldReport, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing("", "read the report: %w", err)
	}
	if err != nil {
		return nil, failed("", "read the report: %w", err)
	}
	t := &toldReport{desk: incident.NewDesk(), hashes: map[uint64]string{}}
	if err := errors.Join(json.Unmarshal(text, &t.report), json.Unmarshal(text, &t.said)); err != nil || t.report.Schema != incident.ReportSchema {
		return nil, misused("`holdfast report INCIDENT -o json` writes one", "%s is no report of the form %s", file, incident.ReportSchema)
	}
	return t, nil
}

// hear takes in a record, as far as the report had read.
func (t *toldReport) hear(r incident.Record) {
	if t == nil || r.Sequence > t.report.Journal.Last {
		return
	}
	t.desk.Apply(r)
	t.hashes[r.Sequence] = r.Hash
}

// lose takes in a gap in the log, as far as the report had read.
func (t *toldReport) lose(g gapFound) {
	if t == nil || g.Through >= t.report.Journal.Last {
		return
	}
	t.desk.Lose(incident.Gap{From: g.From, Through: g.Through})
}

// verdict says whether what the report says follows from the log.
func (t *toldReport) verdict() error {
	if t == nil {
		return nil
	}
	j := t.report.Journal
	for _, end := range []struct {
		sequence uint64
		hash     string
	}{{j.First, j.FirstHash}, {j.Last, j.LastHash}} {
		if got := t.hashes[end.sequence]; end.hash == "" || got != end.hash {
			return failed("keep both: one of the two was changed, or they are of different logs", "the report was not written from this log: envelope %d has the hash %s there, and %s here", end.sequence, orDash(end.hash), orDash(got))
		}
	}
	again, ok := t.desk.Report(t.report.Incident, t.report.As, nil)
	if !ok {
		return failed("", "the log has no incident %s, which the report is about", t.report.Incident)
	}
	text, err := json.Marshal(again)
	if err != nil {
		return failed("", "write the report again: %w", err)
	}
	var follows map[string]any
	if err := json.Unmarshal(text, &follows); err != nil {
		return failed("", "read the report again: %w", err)
	}
	delete(t.said, "setting") // is of the documents, not of the log
	if at := differs("", t.said, follows); at != "" {
		return failed("the log is whole: the report was changed, or another version of holdfast wrote it", "the report says something else than the log, at %s", at)
	}
	return nil
}

func (t *toldReport) text() string {
	if t == nil {
		return ""
	}
	j := t.report.Journal
	return fmt.Sprintf("the report of %s follows from it: %s in the envelopes %d to %d\n", t.report.Incident, plural(j.Records, "record"), j.First, j.Last)
}

// differs is the place where what is said is not what follows; empty: nowhere. What follows and is not said was added to
// reports later.
func differs(at string, said, follows any) string {
	switch said := said.(type) {
	case map[string]any:
		all, ok := follows.(map[string]any)
		if !ok {
			return at
		}
		for _, name := range slices.Sorted(maps.Keys(said)) {
			if found := differs(at+"."+name, said[name], all[name]); found != "" {
				return found
			}
		}
		return ""
	case []any:
		all, ok := follows.([]any)
		if !ok || len(all) != len(said) {
			return at
		}
		for n := range said {
			if found := differs(fmt.Sprintf("%s[%d]", at, n), said[n], all[n]); found != "" {
				return found
			}
		}
		return ""
	}
	if said != follows {
		return at
	}
	return ""
}
