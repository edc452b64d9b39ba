package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/incident"
)

// actionCommand puts down what is to be done so that it goes better next time, lists it, and closes it.
func actionCommand() *cobra.Command {
	c := orderKind{verb: incident.VerbAction, args: "INCIDENT TEXT…", short: "Put down what somebody undertakes so that it goes better next time", need: 2, most: 1000, flags: actionFlags, read: actionArgs,
		long: `Put down what somebody undertakes so that it goes better next time: on the record of the incident, while it goes on or after
it. The owner is a person or a role of people.yaml and is held to it until it is closed with "holdfast action done"; the day
it is due counts in UTC. The report of the incident lists its actions, "holdfast action list" those of all incidents.`,
		example: "  holdfast action booking-api-1123 --owner on-call-platform --due 2026-12-31 rehearse the failover at night\n" +
			"  holdfast action list --open\n  holdfast action done booking-api-1123 1 --reason \"rehearsed on 2026-12-18, see TCK-91\""}.command()
	done := orderKind{verb: incident.VerbActionDone, args: "INCIDENT NUMBER", short: "Say that an action was carried out", need: 2, most: 2, reason: mustReason, read: actionDoneArgs}.command()
	done.Use = "done INCIDENT NUMBER"
	c.AddCommand(done, actionListCommand())
	return c
}

func actionFlags(c *cobra.Command) {
	c.Flags().String("owner", "", "the person or role that undertakes it; required")
	c.Flags().String("due", "", "the last day on which it is in time, as 2026-12-31; required")
}

func actionArgs(c *cobra.Command, args []string, order *incident.Command) error {
	order.Owner, _ = c.Flags().GetString("owner")
	order.Due, _ = c.Flags().GetString("due")
	if order.Owner == "" || order.Due == "" {
		return misused("add --owner NAME and --due 2026-12-31", "an action has an owner and a day on which it is due")
	}
	return noteArgs(c, args, order)
}

func actionDoneArgs(_ *cobra.Command, args []string, order *incident.Command) error {
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return misused("holdfast action list says which there are", "%q is no number of an action", args[1])
	}
	order.Incident, order.Action = args[0], n
	return nil
}

func actionListCommand() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the actions of all incidents, those that are open first", Args: cobra.NoArgs}
	c.Flags().Bool("open", false, "only those that are still to be done")
	return asking(c, func(ctx context.Context, c *cobra.Command, daemon *client, out *printer, _ []string) error {
		path := "/api/v1/actions"
		if open, _ := c.Flags().GetBool("open"); open {
			path += "?open=true"
		}
		var list console.Actions
		body, err := daemon.read(ctx, path, &list)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printActions(out, list)
		return nil
	})
}

func printActions(out *printer, list console.Actions) {
	if len(list.Actions) == 0 {
		out.line("no action is on the record")
		return
	}
	var rows [][]cell
	for _, a := range list.Actions {
		state := cell{"open", warn}
		switch {
		case a.Overdue:
			state = cell{"OVERDUE", bad}
		case !a.Done.IsZero():
			state = cell{"done", good}
		}
		text := a.Text
		if a.Result != "" {
			text += " – " + strings.TrimSpace(a.Result)
		}
		rows = append(rows, []cell{{a.Incident, bold}, {strconv.Itoa(a.N), plain}, state, {a.Due, plain}, {a.Owner, plain}, {text, plain}})
	}
	out.table([]string{"INCIDENT", "N", "STATE", "DUE", "OWNER", "WHAT"}, rows)
}
