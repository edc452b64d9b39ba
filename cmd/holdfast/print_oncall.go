package main

import (
	"slices"
	"strings"

	"holdfast/console"
)

// printOnCall writes who is on duty for each role, and below it who is away. What no role has gets no column.
func printOnCall(out *printer, lines console.OnCall) {
	titles := []string{"ROLE", "ON DUTY", "THEN"}
	turns := slices.ContainsFunc(lines.Roles, func(l console.RoleLine) bool { return l.Next != nil })
	deputies := slices.ContainsFunc(lines.Roles, func(l console.RoleLine) bool { return len(l.Deputies) > 0 })
	if turns {
		titles = append(titles, "NEXT HANDOVER")
	}
	if deputies {
		titles = append(titles, "DEPUTIES")
	}
	var rows [][]cell
	for _, l := range lines.Roles {
		row := []cell{{l.Role, plain}, onDuty(l), {}}
		if len(l.People) > 0 {
			row[2] = cell{strings.Join(l.People[1:], ", "), plain}
		}
		if turns {
			row = append(row, nextHandover(l))
		}
		if deputies {
			row = append(row, cell{strings.Join(l.Deputies, ", "), soft})
		}
		rows = append(rows, row)
	}
	out.table(titles, rows)
	printAway(out, lines)
}

func onDuty(l console.RoleLine) cell {
	switch {
	case len(l.People) == 0:
		return cell{"nobody", bad}
	case l.Nobody:
		return cell{l.People[0] + " (absent)", bad}
	}
	return cell{l.People[0], bold}
}

func nextHandover(l console.RoleLine) cell {
	if l.Next == nil {
		return cell{"–", soft}
	}
	return cell{l.Next.Person + " at " + clockTime(l.Next.At), plain}
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

func printRefusals(out *printer, list console.Refusals) {
	if len(list.Refusals) == 0 {
		out.line("nothing was refused")
		return
	}
	var rows [][]cell
	for _, r := range list.Refusals {
		what := strings.Join(append([]string{string(r.Verb)}, strings.Fields(r.Incident+" "+r.Step+" "+strings.Join(r.Services, " ")+" "+r.To)...), " ")
		rows = append(rows, []cell{{clockTime(r.At), soft}, {r.Person, bold}, {printable(what), plain}, {printable(r.Reason), plain}})
	}
	out.table([]string{"WHEN", "WHO", "ASKED FOR", "WHY NOT"}, rows)
}

// printReports writes what has still to be reported to somebody outside, and by when.
func printReports(out *printer, s console.Status) {
	var rows [][]cell
	for _, r := range s.Reports {
		due := cell{until(s.Now, r.Deadline), urgent(s.Now, r.Deadline)}
		if !r.Missed.IsZero() {
			due = cell{"NOT REPORTED, " + due.text, bad}
		}
		rows = append(rows, []cell{{r.Incident, plain}, {r.Report, bold}, {r.To, plain}, {r.Role + " (" + strings.Join(r.Who, ", ") + ")", plain}, due, {r.CommandLine(), soft}})
	}
	if len(rows) > 0 {
		out.heading("Reports to be made")
		out.table([]string{"INCIDENT", "REPORT", "TO", "WHO", "DUE", "COMMAND"}, rows)
	}
}

// printReportClocks writes the statutory clocks of an incident.
func printReportClocks(out *printer, i console.Incident) {
	var rows [][]cell
	for _, c := range i.Reports {
		ending := cell{c.Ending(), plain}
		if c.Late() {
			ending.paint = bad
		}
		rows = append(rows, []cell{{c.Report, bold}, {c.To, plain}, {clockTime(c.Deadline), plain}, ending, {c.ReportedBy(), plain}, {printable(c.Receipt()), plain}})
	}
	if len(rows) > 0 {
		out.heading("Reports to others")
		out.table([]string{"REPORT", "TO", "DUE", "MADE", "BY", "EVIDENCE"}, rows)
	}
}
