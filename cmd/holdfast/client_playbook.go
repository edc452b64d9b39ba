package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/playbooks"
)

// playbookCommand looks at playbooks: those in force, and what they say that an earlier text did not.
func playbookCommand() *cobra.Command {
	c := &cobra.Command{Use: "playbook", Short: "List and show the playbooks in force, and what changed in one since a run or its last exercise", Args: cobra.ArbitraryArgs, RunE: unknownCommand}
	c.AddCommand(playbookDiffCommand(), playbookLibraryCommand(), playbookListCommand(), playbookShowCommand())
	return c
}

func playbookListCommand() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the playbooks in force, with their last exercise", Args: cobra.NoArgs}
	return asking(c, func(ctx context.Context, _ *cobra.Command, daemon *client, out *printer, _ []string) error {
		var list console.Playbooks
		body, err := daemon.read(ctx, "/api/v1/playbooks", &list)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printPlaybooks(out, list)
		return nil
	})
}

func printPlaybooks(out *printer, list console.Playbooks) {
	if len(list.Playbooks) == 0 {
		out.line("no playbook is in force")
		return
	}
	var rows [][]cell
	for _, p := range list.Playbooks {
		rtc := "–"
		if p.RTC > 0 {
			rtc = console.Span(time.Duration(p.RTC))
		}
		rows = append(rows, []cell{{p.Playbook, bold}, {orDash(strings.Join(p.Services, ", ")), plain}, {orDash(strings.Join(p.Lost, ", ")), plain}, {rtc, plain},
			exercised(p), {orDash(strings.Join(p.Running, ", ")), warn}, {p.Title, plain}})
	}
	out.table([]string{"PLAYBOOK", "FOR", "LOST", "RTC", "EXERCISED", "RUNNING", ""}, rows)
}

// exercised says when a playbook was exercised last, in which way, how that ended, and whether it still is what was exercised. An
// exercise that is under way has shown nothing yet.
func exercised(p console.PlaybookStatus) cell {
	c, last := cell{"never", warn}, p.Exercised
	if last != nil {
		c = cell{fmt.Sprintf("%s (%s)", clockTime(last.Started), last.Exercise), good}
		if last.Result != "completed" {
			c.text, c.paint = c.text+", "+word(last.Result), warn
		}
		if last.Changed {
			c.text, c.paint = c.text+", changed since", warn
		}
	}
	if len(p.Exercising) > 0 {
		c.text, c.paint = c.text+"; under way: "+strings.Join(p.Exercising, ", "), warn
	}
	return c
}

func playbookShowCommand() *cobra.Command {
	c := &cobra.Command{Use: "show PLAYBOOK", Short: "Print the text of a playbook in force", Args: cobra.ExactArgs(1),
		Example: "  holdfast playbook show move-booking-to-south"}
	return asking(c, func(ctx context.Context, _ *cobra.Command, daemon *client, out *printer, args []string) error {
		var p console.PlaybookStatus
		body, err := daemon.read(ctx, playbookPath(args[0], ""), &p)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		out.buffer.WriteString(strings.TrimRight(printableLines(p.Text), "\n") + "\n")
		return nil
	})
}

func playbookPath(id, rest string) string { return "/api/v1/playbooks/" + url.PathEscape(id) + rest }

func playbookDiffCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff [PLAYBOOK] [INCIDENT/RUN] | FILE FILE",
		Short: "Say what a playbook says that an earlier text of it did not: steps, roles, objectives, order",
		Long: `Say what the playbook in force says that an earlier text of it did not: steps that came, went or say something else, field by
field; roles; objectives; order. How a text is written, and what it leaves to a default, is no difference.

The earlier text is the one that a run is pinned to, or that of the last exercise; or two files are compared.
It ends with exit code 0 if nothing differs, and 3 if something does.`,
		Example: "  holdfast playbook diff --since run booking-api-1123/1\n  holdfast playbook diff move-booking-to-south --since exercise\n  holdfast playbook diff old.yaml new.yaml",
		Args:    cobra.RangeArgs(1, 2),
	}
	c.Flags().String("since", "", "run: since the run INCIDENT/RUN started; exercise: since the last exercise of PLAYBOOK")
	asking(c, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		out, err := newPrinter(c)
		if err != nil {
			return err
		}
		d, body, err := difference(c, args)
		if err != nil {
			return err
		}
		if out.json {
			err = out.raw(body)
		} else {
			printDifference(out, d)
		}
		if err := errors.Join(err, out.flush()); err != nil {
			return err
		}
		if n := d.Count(); n > 0 {
			return concluded(exitInvalid, "", "%s", plural(n, "difference"))
		}
		return nil
	}
	return c
}

// difference is what is asked for: of two files, or of what the daemon holds.
func difference(c *cobra.Command, args []string) (d playbooks.Difference, body []byte, err error) {
	since, _ := c.Flags().GetString("since")
	path := ""
	switch {
	case since == "" && len(args) == 2:
		return fileDifference(args[0], args[1])
	case since == "exercise" && len(args) == 1:
		path = playbookPath(args[0], "/diff")
	case since == "run":
		incident, run, ok := strings.Cut(args[len(args)-1], "/")
		if !ok {
			return d, nil, misused("holdfast playbook diff --since run booking-api-1123/1", "which run? %q is not INCIDENT/RUN", args[len(args)-1])
		}
		path = incidentPath(incident, "/runs/"+url.PathEscape(run)+"/diff")
	default:
		return d, nil, misused("--since run INCIDENT/RUN, PLAYBOOK --since exercise, or two files", "compared with what?")
	}
	daemon, err := newClient(c)
	if err != nil {
		return d, nil, err
	}
	ctx, cancel := patiently(c)
	defer cancel()
	var told console.PlaybookDiff
	if body, err = daemon.read(ctx, path, &told); err != nil {
		return d, nil, err
	}
	if len(args) == 2 && args[0] != told.Playbook {
		return d, nil, misused("", "run %s is of the playbook %s, not of %s", told.Since.Run, told.Playbook, args[0])
	}
	return told.Difference, body, nil
}

func fileDifference(before, after string) (d playbooks.Difference, body []byte, err error) {
	old, err := readPlaybook(before)
	if err != nil {
		return d, nil, err
	}
	now, err := readPlaybook(after)
	if err != nil {
		return d, nil, err
	}
	d = playbooks.Diff(old, now)
	body, err = json.Marshal(d)
	return d, body, err
}

func readPlaybook(file string) (*playbooks.Playbook, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing("", "read the playbook: %w", err)
	}
	if err != nil {
		return nil, failed("", "read the playbook: %w", err)
	}
	p, problems := playbooks.Parse(file, text)
	if problems.HasErrors() {
		return nil, invalid("", problems)
	}
	return p, nil
}

func printDifference(out *printer, d playbooks.Difference) {
	for n, line := range strings.Split(strings.TrimRight(printableLines(d.Text()), "\n"), "\n") {
		paints := map[bool]paint{true: bold, false: plain}
		c := cell{line, paints[n == 0]}
		switch {
		case strings.HasPrefix(line, "+ "):
			c.paint = good
		case strings.HasPrefix(line, "- "):
			c.paint = bad
		case strings.HasPrefix(line, "~ "):
			c.paint = warn
		}
		out.parts(c)
	}
}
