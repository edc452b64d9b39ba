package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"holdfast/console"
)

// A row is what one harness found: a line of the scoreboard.
type row struct {
	Name    string        `json:"name"`
	Cycles  int           `json:"cycles"`
	Took    time.Duration `json:"took_ns"`
	Figures []figure      `json:"figures"`
	Missed  []string      `json:"not_reached,omitempty"`
	Wrong   []string      `json:"wrong"`
}

// A figure is one number with its name.
type figure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (r row) String() string {
	var figures []string
	for _, f := range r.Figures {
		figures = append(figures, f.Name+" "+f.Value)
	}
	verdict := "ok"
	if len(r.Wrong) > 0 {
		verdict = fmt.Sprintf("%d WRONG", len(r.Wrong))
	}
	rate := float64(r.Cycles) / r.Took.Minutes()
	return fmt.Sprintf("| %s | %d | %s (%.0f/min) | %s | %s |", r.Name, r.Cycles, r.Took.Round(time.Second), rate, strings.Join(figures, "; "), verdict)
}

// figures are the counts of an audit. Lost, unrecorded and twice are among what is wrong, by their first word.
func (a *audit) figures() []figure {
	count := func(word string) string {
		n := 0
		for _, w := range a.wrong {
			if strings.Contains(w, word) {
				n++
			}
		}
		return fmt.Sprint(n)
	}
	return []figure{
		{"alerts acknowledged", fmt.Sprint(a.alerts)}, {"orders acknowledged", fmt.Sprint(a.orders)}, {"lost", count("LOST")},
		{"effects", fmt.Sprint(a.effects)}, {"without a record", count("UNRECORDED")}, {"twice unasked", count("TWICE")},
		{"sent again as they say", fmt.Sprint(a.repeated)}, {"new keys by people", fmt.Sprint(a.authorised)}, {"stuck", count("STUCK")},
	}
}

// percentile is the p-th of durations, 0 < p <= 100.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)-1, len(all)*p/100)].Round(time.Millisecond)
}

func writeRows(file string, rows []row) error {
	text, err := json.MarshalIndent(map[string]any{"at": time.Now().UTC(), "rows": rows}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

// waiting says what open incidents wait for.
func waiting(s console.Status) string {
	var all []string
	for _, i := range s.Incidents {
		line := i.ID + " awaits " + i.Awaits
		for _, r := range i.Runs {
			line += fmt.Sprintf(" run %s %s %d/%d %s", r.Run, r.Result, r.Done, r.Steps, r.Brake)
			for _, w := range r.Waiting {
				line += fmt.Sprintf(" [%s %s %s %v]", w.Step, w.Status, w.Reason, w.Verbs)
			}
			for _, b := range r.Blocked {
				line += " blocked " + b.Step + " for " + b.For
			}
		}
		all = append(all, line)
	}
	return strings.Join(all, "; ")
}
