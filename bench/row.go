package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A Row is one figure of ours beside what it is held against.
type Row struct {
	ID      string    `json:"row"`
	Goal    string    `json:"goal"`
	Ours    string    `json:"ours"`
	Beside  string    `json:"beside,omitempty"` // the peer or the limit, measured in the same run
	Ratio   float64   `json:"ratio"`            // the median of the rounds
	Rounds  []float64 `json:"rounds,omitempty"` // the ratio in each
	Unit    string    `json:"unit,omitempty"`   // of the ratio, where it is none: ms, s
	Less    bool      `json:"less,omitempty"`   // less is better
	Target  float64   `json:"target,omitempty"`
	Floor   float64   `json:"floor,omitempty"` // the worst that may ship; 0: the target is all there is
	Verdict string    `json:"verdict"`
	Note    string    `json:"note,omitempty"`
}

// Verdicts of a row.
const (
	onTarget    = "target"
	aboveFloor  = "above the floor"
	belowFloor  = "BELOW THE FLOOR"
	missed      = "MISSED" // a target without a floor
	notMeasured = "not measured"
	shown       = "shown" // no goal
)

// judged gives a row its median and its verdict.
func (r Row) judged(rounds ...float64) Row {
	r.Rounds, r.Ratio = rounds, median(rounds)
	switch {
	case r.Target == 0:
		r.Verdict = shown
	case r.reaches(r.Target):
		r.Verdict = onTarget
	case r.Floor == 0:
		r.Verdict = missed
	case r.reaches(r.Floor):
		r.Verdict = aboveFloor
	default:
		r.Verdict = belowFloor
	}
	return r
}

func (r Row) reaches(limit float64) bool {
	if r.Less {
		return r.Ratio <= limit
	}
	return r.Ratio >= limit
}

// withoutPeers is a row whose peer is not there.
func (r Row) withoutPeers() Row {
	r.Verdict, r.Note = notMeasured, noPeers
	return r
}

func (r Row) limit(v float64) string {
	if v == 0 {
		return "-"
	}
	sign := ">="
	if r.Less {
		sign = "<="
	}
	return fmt.Sprintf("%s %.4g%s", sign, v, r.Unit)
}

// writeTable writes rows for people.
func writeTable(out io.Writer, rows []Row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\tgoal\tours\tbeside\tratio\ttarget\tfloor\tverdict")
	for _, r := range rows {
		ratio := "-"
		if r.Verdict != notMeasured {
			ratio = fmt.Sprintf("%.4g%s", r.Ratio, r.Unit)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Goal, r.Ours, r.Beside, ratio, r.limit(r.Target), r.limit(r.Floor), r.Verdict)
	}
	_ = w.Flush()
	for _, r := range rows {
		if r.Note != "" {
			fmt.Fprintf(out, "%s: %s\n", r.ID, r.Note)
		}
	}
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// medianOf is the median of a figure over rounds.
func medianOf[T any](all []T, figure func(T) float64) float64 {
	var figures []float64
	for _, one := range all {
		figures = append(figures, figure(one))
	}
	return median(figures)
}
