package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/incident"
)

// reports are the commands by which a person says something of the world: inputs to judging, on the record with their name.
var reports = []orderKind{
	{verb: incident.VerbEstimate, args: "SERVICE LENGTH|none", short: "Estimate how long until a service is back, from now; none: there is no estimate", need: 2, most: 2, reason: mayReason, read: estimateArgs,
		long:    "Estimate how long until a service is back, from now; none: there is no estimate. The newest estimate counts for the criterion estimate_exceeds_rto.",
		example: "  holdfast estimate parcel-booking 6h --reason \"the provider's status page\"\n  holdfast estimate parcel-booking none"},
	{verb: incident.VerbFacility, args: "SITE lost|impaired|ok", short: "Signal the state of a site as a whole", need: 2, most: 2, reason: mustReason, read: facilityArgs,
		long:    "Signal the state of a site as a whole: lost (no power, evacuated, destroyed, cut off), impaired (on generator, cooling lost, fire alarm) or ok. It stands until somebody says otherwise; what an alert says of the site stands beside it.",
		example: "  holdfast facility north lost --reason \"fire, evacuated\""},
	{verb: incident.VerbData, args: "DATA unusable|compromised|ok|recovery-point [INSTANT]", short: "Signal the state of data, or the newest point it can be recovered to", need: 2, most: 3, reason: mayReason, read: dataArgs,
		example: "  holdfast data ledger compromised --reason \"encrypted by somebody else\"\n  holdfast data ledger recovery-point 2026-11-23T09:55:00Z"},
	{verb: incident.VerbIntentional, args: "COMPONENT", short: "Mark a component as switched off on purpose", need: 1, most: 1, reason: mayReason, flags: intentionalFlags, read: intentionalArgs,
		long:    "Mark a component as switched off on purpose: it counts as down for services, and never as evidence that its site is lost. The mark ends by itself at --until, or with --over.",
		example: "  holdfast intentional booking-north-1 --until 2h --reason \"cut off to save the database\"\n  holdfast intentional booking-north-1 --over"},
	{verb: incident.VerbMaintenance, short: "Announce planned maintenance, or call it off", reason: mustReason, flags: maintenanceFlags, read: maintenanceArgs,
		long:    "Announce planned maintenance: within the window, and 15m after it, the services named may be as bad as named by nothing but the scope. What is worse or wider counts at once, and what was before the announcement counts anyway.",
		example: "  holdfast maintenance --change CHG-1 --from 2026-11-23T22:00:00Z --to 2026-11-24T02:00:00Z \\\n    --scope ledger-south --expect parcel-booking=degraded --reason \"kernel\"\n  holdfast maintenance --change CHG-1 --call-off --reason \"postponed\""},
	{verb: incident.VerbBackdate, args: "SERVICE", short: "Move the start of an outage that goes on further back than alerts may", need: 1, most: 1, reason: mustReason, flags: backdateFlags, read: backdateArgs,
		long:    "Move the start of an outage that goes on further back than alerts may (max_backdate): the clocks count from there. The last such word counts; it is never moved behind what monitoring shows.",
		example: "  holdfast backdate parcel-booking --to 2026-11-23T08:10:00Z --reason \"first calls of customers\""},
}

func estimateArgs(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Services, order.Estimate = args[:1], args[1]
	return nil
}

func facilityArgs(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Site, order.State = args[0], args[1]
	return nil
}

func dataArgs(_ *cobra.Command, args []string, order *incident.Command) (err error) {
	order.Data, order.State = args[0], strings.ReplaceAll(args[1], "-", "_")
	isPoint := order.State == "recovery_point"
	switch {
	case isPoint && len(args) < 3:
		return misused("holdfast data "+args[0]+" recovery-point 2026-11-23T09:55:00Z", "to which point can it be recovered?")
	case !isPoint && len(args) > 2:
		return misused("", "%q says nothing of data that is %s", args[2], args[1])
	case isPoint:
		order.At, err = pastOf(args[2], time.Now())
	}
	return err
}

func intentionalFlags(c *cobra.Command) {
	c.Flags().String("until", "", "until when it is off: an instant (2026-11-23T16:00:00Z) or from now (90m)")
	c.Flags().Bool("over", false, "it is on again: end the mark")
}

func intentionalArgs(c *cobra.Command, args []string, order *incident.Command) (err error) {
	order.Component = args[0]
	order.Over, _ = c.Flags().GetBool("over")
	until, _ := c.Flags().GetString("until")
	switch {
	case order.Over == (until != ""):
		return misused("holdfast intentional "+args[0]+" --until 2h, or --over", "until when is it off, or is it on again?")
	case until != "":
		order.Until, err = instantOf(until, time.Now())
	}
	return err
}

func maintenanceFlags(c *cobra.Command) {
	c.Flags().String("change", "", "the number of the change; required")
	c.Flags().String("from", "", "when it begins: an instant, or from now (90m); now, if it is not given")
	c.Flags().String("to", "", "when it ends: an instant, or from now")
	c.Flags().StringArray("scope", nil, "what is worked on: a component, a service, or \"site NAME\"; may be repeated")
	c.Flags().StringArray("expect", nil, "what it may do, as SERVICE=degraded or SERVICE=down; may be repeated")
	c.Flags().Bool("call-off", false, "end the window of the change")
}

func maintenanceArgs(c *cobra.Command, _ []string, order *incident.Command) (err error) {
	order.Change, _ = c.Flags().GetString("change")
	order.Over, _ = c.Flags().GetBool("call-off")
	order.Scope, _ = c.Flags().GetStringArray("scope")
	expected, _ := c.Flags().GetStringArray("expect")
	from, _ := c.Flags().GetString("from")
	to, _ := c.Flags().GetString("to")
	planned := len(order.Scope)+len(expected) > 0 || from != "" || to != ""
	switch {
	case order.Change == "":
		return misused("add --change CHG-1", "which change is it?")
	case order.Over && planned:
		return misused("", "to call a window off takes its --change and a --reason, and nothing else")
	case order.Over:
		return nil
	case to == "":
		return misused("add --to, an instant or from now (4h)", "when does it end?")
	}
	for _, e := range expected {
		service, effect, ok := strings.Cut(e, "=")
		if !ok || service == "" {
			return misused("write it as --expect SERVICE=degraded", "%q is no expectation", e)
		}
		if order.Expect == nil {
			order.Expect = map[string]string{}
		}
		order.Expect[service] = effect
	}
	if from != "" {
		if order.From, err = instantOf(from, time.Now()); err != nil {
			return err
		}
	}
	order.Until, err = instantOf(to, time.Now())
	return err
}

func backdateFlags(c *cobra.Command) {
	c.Flags().String("to", "", "when it began: an instant (2026-11-23T08:10:00Z), or how long ago (3h); required")
}

func backdateArgs(c *cobra.Command, args []string, order *incident.Command) (err error) {
	order.Services = args
	to, _ := c.Flags().GetString("to")
	if to == "" {
		return misused("add --to, an instant or how long ago (3h)", "when did it begin?")
	}
	order.At, err = pastOf(to, time.Now())
	return err
}

// pastOf reads an instant, or how long ago it was.
func pastOf(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d).UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misused("write it as 2026-11-23T08:10:00Z, or as 3h for three hours ago", "%q is no instant", text)
	}
	return at, nil
}
