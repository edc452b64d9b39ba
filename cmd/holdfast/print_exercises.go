package main

import (
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
		out.parts(cell{"EXERCISE (" + string(i.Exercise) + ")", warn}, cell{i.ID, bold}, runs(i))
		if i.Interrupted != "" {
			out.parts(cell{i.ID, bold}, cell{"interrupted by the disaster " + i.Interrupted, bad})
		}
		if len(i.CleanUp) > 0 {
			out.parts(cell{i.ID, bold}, cell{"still to be put back, in the steps: " + strings.Join(i.CleanUp, ", "), warn})
		}
		printHalts(out, i)
		for _, w := range waiting(i, false) {
			rows = append(rows, []cell{{i.ID, plain}, {w.Step, bold}, {who(w), plain}, {until(s.Now, w.Until), urgent(s.Now, w.Until)}, {heldUp(i, w), plain}, {command(i, w), soft}})
		}
	}
	if len(rows) > 0 {
		out.buffer.WriteByte('\n')
		out.table([]string{"EXERCISE", "STEP", "WHO", "UNTIL", "WHAT", "COMMAND"}, rows)
	}
	printStuck(out, "Stuck in an exercise", s.Exercises)
}
