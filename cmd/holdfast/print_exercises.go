package main

import (
	"fmt"
	"strings"

	"holdfast/console"
)

// printExercises writes what is being exercised, what is left to put back, and what waits for whom in it; nothing where
// nothing is.
func printExercises(out *printer, s console.Status) {
	if len(s.Exercises) == 0 {
		return
	}
	out.heading("EXERCISES, not live")
	var rows [][]cell
	for _, i := range s.Exercises {
		out.parts(cell{"EXERCISE (" + string(i.Exercise) + ")", warn}, cell{i.ID, bold}, cell{runs(i), plain})
		if i.Interrupted != "" {
			out.parts(cell{i.ID, bold}, cell{"interrupted by the disaster " + i.Interrupted, bad})
		}
		if len(i.CleanUp) > 0 {
			out.parts(cell{i.ID, bold}, cell{"clean-up open: " + strings.Join(i.CleanUp, ", "), warn})
		}
		for _, w := range append(waiting(i, false), waiting(i, true)...) {
			rows = append(rows, []cell{{w.Step, bold}, {fmt.Sprint(w.Status), plain}, {who(w), plain}, {w.Text, plain}, {command(i.ID, w), soft}})
		}
	}
	if len(rows) > 0 {
		out.table([]string{"STEP", "", "WHO", "WHAT", "COMMAND"}, rows)
	}
}
