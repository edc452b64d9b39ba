package main

import (
	"context"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
)

func statusCommand() *cobra.Command {
	c := &cobra.Command{Use: "status", Short: "Show how things stand: open incidents, what waits for whom, components not up", Args: cobra.NoArgs}
	return asking(c, func(ctx context.Context, _ *cobra.Command, daemon *client, out *printer, _ []string) error {
		var status console.Status
		body, err := daemon.read(ctx, "/api/v1/status", &status)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printStatus(out, status)
		return nil
	})
}

// rawOr writes an answer as it came, unless there was none.
func rawOr(out *printer, body []byte, err error) error {
	if err != nil {
		return err
	}
	return out.raw(body)
}

func incidentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "incident [INCIDENT]",
		Short: "Show an incident, or list those that are open",
		Long: `Show an incident with its clocks, runs and story; without an id, list those that are open.

With --wait-for it waits until the incident is declared, recovered (every service is back) or closed. The exit code is 7 if
that does not happen within --timeout (default 10m), and 8 if it recovered later than its objectives allow.`,
		Example:           "  holdfast incident\n  holdfast incident booking-api-1123\n  holdfast incident booking-api-1123 --wait-for recovered --timeout 2h",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeTarget,
	}
	c.Flags().Bool("all", false, "list closed incidents too")
	c.Flags().String("wait-for", "", "declared, recovered or closed")
	asking(c, func(ctx context.Context, c *cobra.Command, daemon *client, out *printer, args []string) error {
		if len(args) == 0 {
			return listIncidents(ctx, c, daemon, out)
		}
		var i console.Incident
		body, err := daemon.read(ctx, incidentPath(args[0], ""), &i)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printIncident(out, i)
		return nil
	})
	show := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if goal, _ := c.Flags().GetString("wait-for"); goal != "" {
			return waitFor(c, goal, args)
		}
		return show(c, args)
	}
	return c
}

func listIncidents(ctx context.Context, c *cobra.Command, daemon *client, out *printer) error {
	path := "/api/v1/incidents"
	if all, _ := c.Flags().GetBool("all"); all {
		path += "?all=true"
	}
	var list console.Incidents
	body, err := daemon.read(ctx, path, &list)
	if err != nil || out.json {
		return rawOr(out, body, err)
	}
	printIncidents(out, list.Now, list.Incidents)
	return nil
}

func explainCommand() *cobra.Command {
	c := &cobra.Command{Use: "explain INCIDENT", Short: "Say why an incident is on its level, and what would change that", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTarget}
	return asking(c, func(ctx context.Context, _ *cobra.Command, daemon *client, out *printer, args []string) error {
		var e console.Explained
		body, err := daemon.read(ctx, incidentPath(args[0], "/explain"), &e)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printExplained(out, e)
		return nil
	})
}

func onCallCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "oncall [ROLE]",
		Short: "Show who can act for which role, who is on duty first",
		Long: `Show who can act for which role now, who is on duty first; when the duty passes on, and to whom; who is absent until when,
who acts for them, and whose deputies may act too once a step has escalated.`,
		Example: "  holdfast oncall\n  holdfast oncall incident-director --at 2026-12-25T03:00:00+01:00",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().String("at", "", "at another instant: 2026-11-23T16:00:00Z, or from now (48h)")
	return asking(c, func(ctx context.Context, c *cobra.Command, daemon *client, out *printer, args []string) error {
		query := url.Values{}
		if text, _ := c.Flags().GetString("at"); text != "" {
			at, err := instantOf(text, time.Now())
			if err != nil {
				return err
			}
			query.Set("at", at.UTC().Format(time.RFC3339))
		}
		if len(args) > 0 {
			query.Set("role", args[0])
		}
		var lines console.OnCall
		body, err := daemon.read(ctx, "/api/v1/oncall?"+query.Encode(), &lines)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printOnCall(out, lines)
		return nil
	})
}

func refusalsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "refusals [INCIDENT]",
		Short:   "Show the orders that were refused: who asked for what, when, and why not",
		Example: "  holdfast refusals\n  holdfast refusals booking-api-1123 -o json",
		Args:    cobra.MaximumNArgs(1),
	}
	return asking(c, func(ctx context.Context, _ *cobra.Command, daemon *client, out *printer, args []string) error {
		query := url.Values{}
		if len(args) > 0 {
			query.Set("incident", args[0])
		}
		var list console.Refusals
		body, err := daemon.read(ctx, "/api/v1/refusals?"+query.Encode(), &list)
		if err != nil || out.json {
			return rawOr(out, body, err)
		}
		printRefusals(out, list)
		return nil
	})
}

func incidentPath(id, rest string) string { return "/api/v1/incidents/" + url.PathEscape(id) + rest }
