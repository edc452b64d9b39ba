package main

import (
	"strings"

	"holdfast/console"
)

// printOnCall writes who is on duty for each role, and below it who is away.
func printOnCall(out *printer, lines console.OnCall) {
	var rows [][]cell
	for _, l := range lines.Roles {
		first, then := cell{"nobody", bad}, ""
		if len(l.People) > 0 {
			first, then = cell{l.People[0], bold}, strings.Join(l.People[1:], ", ")
		}
		if l.Nobody {
			first = cell{first.text + " (absent)", bad}
		}
		next := cell{"–", soft}
		if l.Next != nil {
			next = cell{l.Next.Person + " at " + clockTime(l.Next.At), plain}
		}
		rows = append(rows, []cell{{l.Role, plain}, first, {then, plain}, next, {strings.Join(l.Deputies, ", "), soft}})
	}
	out.table([]string{"ROLE", "ON DUTY", "THEN", "NEXT HANDOVER", "DEPUTIES"}, rows)
	printAway(out, lines)
}

func printAway(out *printer, lines console.OnCall) {
	var rows [][]cell
	told := map[string]bool{}
	for _, l := range lines.Roles {
		for _, a := range l.Absent {
			if !told[a.Person] {
				told[a.Person] = true
				rows = append(rows, []cell{{a.Person, bold}, {clockTime(a.Until), plain}, {orDash(a.Acting), plain}})
			}
		}
	}
	if len(rows) > 0 {
		out.heading("Absent")
		out.table([]string{"WHO", "UNTIL", "ACTING FOR THEM"}, rows)
	}
	for _, l := range lines.Roles {
		if l.Nobody {
			out.parts(cell{"nobody who holds " + l.Role + " is there, nor anybody who acts for them: they are asked all the same", bad})
		}
	}
}
