package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/incident"
)

// An orderKind is a command by which a person orders something.
type orderKind struct {
	verb    incident.Verb
	args    string // what follows the name, as in the usage line
	short   string
	long    string
	example string
	need    int // arguments at least
	most    int // arguments at most
	reason  reasonRule
	flags   func(*cobra.Command)
	read    func(*cobra.Command, []string, *incident.Command) error // what the arguments and flags say
}

// reasonRule says whether an order gives a reason; most are decisions that somebody will have to explain.
type reasonRule int

const (
	noReason reasonRule = iota
	mayReason
	mustReason
)

var orders = []orderKind{
	{verb: incident.VerbAck, args: "INCIDENT [STEP]", short: "Take a step, or the page that announced it, upon yourself", need: 1, most: 2, read: stepArgs,
		example: "  holdfast ack booking-api-1123 page"},
	{verb: incident.VerbDone, args: "INCIDENT [STEP]", short: "Say that a step is done", need: 1, most: 2, reason: mayReason, flags: resultFlags, read: resultArgs,
		example: "  holdfast done booking-api-1123 assess --answer estimated_time_to_restore=6h"},
	{verb: incident.VerbFailed, args: "INCIDENT [STEP]", short: "Say that a step was tried and failed", need: 1, most: 2, reason: mustReason, read: stepArgs},
	{verb: incident.VerbCannot, args: "INCIDENT [STEP]", short: "Say that a step cannot be done", need: 1, most: 2, reason: mustReason, read: stepArgs},
	{verb: incident.VerbApprove, args: "INCIDENT [STEP]", short: "Approve a decision", need: 1, most: 2, reason: mayReason, flags: digestFlag, read: approveArgs,
		long: `Approve a decision. It is approved for what it was told to let happen when it was asked. Where that has changed since, say with
--digest what you approve; holdfast incident shows it. An approval of anything else than what would be done now is refused.`,
		example: "  holdfast approve booking-api-1123 go --reason \"facility confirms 6 h\""},
	{verb: incident.VerbDecline, args: "INCIDENT [STEP]", short: "Decline a decision, or (without a step) the declaration that is recommended", need: 1, most: 2, reason: mustReason, flags: untilFlag, read: declineArgs,
		long: "Decline a decision, or (without a step) the declaration that is recommended. A declined declaration binds for the criteria it was recommended on, until their facts get worse or until the instant that --until names."},
	{verb: incident.VerbRetry, args: "INCIDENT [STEP]", short: "Have a step that is stuck done once more, as a new attempt of its own", need: 1, most: 2, reason: mustReason, read: stepArgs},
	{verb: incident.VerbSkip, args: "INCIDENT [STEP]", short: "Leave a step out and go on", need: 1, most: 2, reason: mustReason, read: stepArgs},
	{verb: incident.VerbHandOver, args: "INCIDENT STEP PERSON", short: "Give a step that waits to somebody else, who has to acknowledge it", need: 3, most: 3, reason: mustReason, read: handOverArgs,
		long: `Give a step that waits to somebody else who may act on it. They are told, and it is theirs once they acknowledge it; until
then it stays where it is. Whoever has taken a step hands it over, or where nobody has, whoever may act on it; the authority
may in any case.`,
		example: "  holdfast hand-over booking-api-1123 assess ledger-2 --reason \"end of my shift\""},
	{verb: incident.VerbOverrule, args: "INCIDENT STEP", short: "Let a step be carried out although it would break a rule of bia.yaml; it takes two people", need: 2, most: 2, reason: mustReason, read: stepArgs,
		long: `Let a step be carried out although it would break an assertion of bia.yaml. Two different people who hold the authority have to
say so, each with a reason; then holdfast retry has it done. Each word counts for an hour, and only as long as what the rule names stands
as it did then. The rule stands for every other step, and so does returns_to.`,
		example: "  holdfast overrule booking-api-1123 promote --reason \"the north is flooded: nothing can write there\""},
	{verb: incident.VerbDeclare, args: "[INCIDENT]", short: "Declare a disaster: of an incident, or of services by hand", need: 0, most: 1, reason: mustReason, flags: serviceFlag, read: declareArgs,
		example: "  holdfast declare booking-api-1123 --reason \"no estimate from the provider\"\n  holdfast declare --service parcel-booking --reason \"fraud ring, taking it offline\""},
	{verb: incident.VerbInvoke, args: "INCIDENT PLAYBOOK", short: "Invoke a playbook by hand, though it does not fit", need: 2, most: 2, reason: mustReason, flags: invokeFlags, read: invokeArgs,
		long: "Invoke a playbook by hand, though it does not fit. Where another run holds what it needs, --queue starts it as soon as that has ended, and --supersede ends that run between two steps: never in the middle of an effect, and without undoing anything."},
	{verb: incident.VerbPause, args: "INCIDENT [RUN]", short: "Have a run start nothing more for now; what is under way goes on", need: 1, most: 2, reason: mustReason, flags: brakeFlag, read: brakeArgs,
		example: "  holdfast pause booking-api-1123 --reason \"the facility calls back\"\n  holdfast pause booking-api-1123 2 --until 30m --reason \"the facility calls back\""},
	{verb: incident.VerbHold, args: "INCIDENT [RUN|STEP]", short: "Hold one step, or a run, until an instant or until it is resumed", need: 1, most: 2, reason: mustReason, flags: brakeFlag, read: brakeArgs,
		example: "  holdfast hold booking-api-1123 promote --until 2026-11-23T16:00:00Z --reason \"the last batch has to be through\""},
	{verb: incident.VerbResume, args: "INCIDENT [RUN|STEP]", short: "Let a run, or a step that is held, go on", need: 1, most: 2, reason: mayReason, read: brakeArgs},
	{verb: incident.VerbSkipRest, args: "INCIDENT [RUN]", short: "Leave out all that is open in a run, once all that it covers is back", need: 1, most: 2, reason: mustReason, read: runArgs,
		example: "  holdfast skip-rest booking-api-1123 --reason \"the power came back before anything was moved\""},
	{verb: incident.VerbAbort, args: "INCIDENT [RUN]", short: "Call a run off and undo what it did; without a run, everything in the incident", need: 1, most: 2, reason: mustReason, flags: keepFlag, read: abortArgs,
		long:    "Call a run off: nothing of it starts any more, what is under way is waited for, and what was done is undone in reverse order, as far as the playbook says how. Without a run it calls off everything in the incident, and nothing is invoked there any more without a person. --keep leaves what was done as it is; given again, it stops an undo that does more harm than good.",
		example: "  holdfast abort booking-api-1123 --reason \"a false alarm: the probe was wrong\"\n  holdfast abort booking-api-1123 1 --keep --reason \"touch nothing any more\""},
	{verb: incident.VerbStandDown, args: "INCIDENT", short: "End an incident", need: 1, most: 1, reason: mustReason, read: incidentArg},
	{verb: incident.VerbRehearse, args: "PLAYBOOK", short: "Exercise a playbook: tabletop, simulation, parallel or full", need: 1, most: 1, reason: mustReason, flags: rehearseFlags, read: rehearseArgs,
		long: `Exercise a playbook with the people and machines it is for. The exercise is an incident of its own, marked as one in all that
it says and does; it declares nothing, counts in no figure of live incidents, and reaches only what holdfast.yaml opens to
exercises. A live disaster interrupts it. It is concluded, and on record, when what it did is put back.`,
		example: "  holdfast rehearse move-booking-to-south --kind tabletop --reason \"new people on call\"\n  holdfast stand-down exercise-move-booking-to-south-1123 --reason \"out of time\""},
	{verb: incident.VerbRebase, args: "INCIDENT", short: "Judge an incident by the bia.yaml in force, no longer by the one it was opened under", need: 1, most: 1, reason: mustReason, read: incidentArg},
	{verb: incident.VerbReported, args: "INCIDENT REPORT", short: "Say that a report to an authority, or whoever has to be told, was made", need: 2, most: 2, reason: mayReason, flags: reportedFlags, read: reportedArgs,
		long: `Say that a report of an incident was made: it stops the clock that declaration.reporting of bia.yaml has started. Where the
duty asks for evidence, say where it is. With --not-required the authority says that there is no duty to report, and why.`,
		example: "  holdfast reported booking-api-1123 regulator-initial --evidence \"receipt 4711\""},
	{verb: incident.VerbArm, short: "Let declarations happen automatically again", reason: mustReason},
	{verb: incident.VerbDisarm, short: "Leave every declaration to people", reason: mustReason},
	{verb: incident.VerbAdoptGap, args: "FROM-THROUGH", short: "Adopt the log of decisions with envelopes missing from it", need: 1, most: 1, reason: mustReason, read: gapArg,
		long: `Adopt the log of decisions with envelopes missing from it, when a copy that has them cannot be had. Until somebody does who may
declare a disaster, nothing is declared without a person. Incidents that were open before the gap stay as they are, shown and
not driven: what was done for them in it is not known. Carry them through by hand, and stand them down.`,
		example: "  holdfast adopt-gap 7-9 --reason \"no copy has them; the pager's log shows no page in those minutes\""},
	{verb: incident.VerbNote, args: "INCIDENT TEXT…", short: "Put a remark on the record", need: 2, most: 1000, read: noteArgs},
}

// command is the order as a command of the command line.
func (o orderKind) command() *cobra.Command {
	c := &cobra.Command{Use: strings.TrimSpace(string(o.verb) + " " + o.args), Short: o.short, Long: o.long, Example: o.example, Args: cobra.RangeArgs(o.need, o.most), ValidArgsFunction: completeTarget}
	if o.reason != noReason {
		c.Flags().StringP("reason", "r", "", map[reasonRule]string{mayReason: "why", mustReason: "why; required"}[o.reason])
	}
	if o.flags != nil {
		o.flags(c)
	}
	return asking(c, func(ctx context.Context, c *cobra.Command, daemon *client, out *printer, args []string) error {
		order, err := o.written(c, args)
		if err != nil {
			return err
		}
		if order.Verb == incident.VerbApprove && order.Digest == "" {
			order.Digest = daemon.shown(ctx, order)
		}
		done, body, err := daemon.order(ctx, order)
		if err != nil {
			return err
		}
		if out.json {
			return out.raw(body)
		}
		printOrdered(out, done)
		return nil
	})
}

// written is what the command line orders.
func (o orderKind) written(c *cobra.Command, args []string) (incident.Command, error) {
	order := incident.Command{Verb: o.verb}
	if o.reason != noReason {
		order.Reason, _ = c.Flags().GetString("reason")
		order.Reason = strings.TrimSpace(order.Reason)
	}
	if o.reason == mustReason && order.Reason == "" {
		return order, misused(`add --reason "…": it stays on the record, and whoever asks later finds it there`, "%s needs a reason", o.verb)
	}
	if o.read == nil {
		return order, nil
	}
	return order, o.read(c, args, &order)
}

func incidentArg(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Incident = args[0]
	return nil
}

// stepArgs reads an incident and a step; without one it is the only step that waits.
func stepArgs(c *cobra.Command, args []string, order *incident.Command) error {
	if len(args) == 2 {
		order.Step = args[1]
	}
	return incidentArg(c, args, order)
}

func reportedFlags(c *cobra.Command) {
	c.Flags().String("evidence", "", "where the evidence can be found")
	c.Flags().String("at", "", "when it was made: an instant, or how long ago (20m); default: now")
	c.Flags().Bool("not-required", false, "it does not have to be made")
}

func reportedArgs(c *cobra.Command, args []string, order *incident.Command) (err error) {
	order.Incident, order.Report = args[0], args[1]
	order.Evidence, _ = c.Flags().GetString("evidence")
	order.Over, _ = c.Flags().GetBool("not-required")
	if at, _ := c.Flags().GetString("at"); at != "" {
		order.At, err = pastOf(at, time.Now())
	}
	if order.Over && order.Reason == "" {
		return misused(`add --reason "…": it stays on the record`, "--not-required needs a reason")
	}
	return err
}

func handOverArgs(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Incident, order.Step, order.To = args[0], args[1], args[2]
	return nil
}

func gapArg(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Gap = args[0]
	return nil
}

func noteArgs(_ *cobra.Command, args []string, order *incident.Command) error {
	order.Incident, order.Reason = args[0], strings.Join(args[1:], " ")
	return nil
}

func digestFlag(c *cobra.Command) {
	c.Flags().String("digest", "", "what you approve, as holdfast incident shows it: sha256:…; the first 12 characters are enough")
}

func approveArgs(c *cobra.Command, args []string, order *incident.Command) error {
	order.Digest, _ = c.Flags().GetString("digest")
	return stepArgs(c, args, order)
}

func resultFlags(c *cobra.Command) {
	c.Flags().StringArrayP("answer", "a", nil, "an answer that the step asks for, as NAME=VALUE; may be repeated")
	c.Flags().String("evidence", "", "where the evidence can be found")
}

func resultArgs(c *cobra.Command, args []string, order *incident.Command) error {
	answers, _ := c.Flags().GetStringArray("answer")
	order.Evidence, _ = c.Flags().GetString("evidence")
	for _, a := range answers {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" {
			return misused("write it as --answer NAME=VALUE", "%q is no answer", a)
		}
		if _, twice := order.Answers[name]; twice {
			return misused("", "the answer %q is given twice", name)
		}
		if order.Answers == nil {
			order.Answers = map[string]string{}
		}
		order.Answers[name] = value
	}
	return stepArgs(c, args, order)
}

func untilFlag(c *cobra.Command) {
	c.Flags().String("until", "", "until when it binds: an instant (2026-11-23T16:00:00Z) or from now (90m)")
}

func declineArgs(c *cobra.Command, args []string, order *incident.Command) (err error) {
	if until, _ := c.Flags().GetString("until"); until != "" {
		if order.Until, err = instantOf(until, time.Now()); err != nil {
			return err
		}
	}
	return stepArgs(c, args, order)
}

// instantOf reads an instant, or a duration from now on.
func instantOf(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misused("write it as 2026-11-23T16:00:00Z, or as 90m from now", "%q is no instant", text)
	}
	return at, nil
}

func serviceFlag(c *cobra.Command) {
	c.Flags().StringArrayP("service", "s", nil, "a service that it is about; may be repeated")
}

func declareArgs(c *cobra.Command, args []string, order *incident.Command) error {
	order.Services, _ = c.Flags().GetStringArray("service")
	switch {
	case len(args) == 1 && len(order.Services) > 0:
		return misused("name the incident, or the services", "an incident knows its services")
	case len(args) == 1:
		order.Incident = args[0]
	case len(order.Services) == 0:
		return misused("holdfast declare INCIDENT, or holdfast declare --service NAME", "declare what?")
	}
	return nil
}

func invokeFlags(c *cobra.Command) {
	serviceFlag(c)
	c.Flags().Bool("queue", false, "start it as soon as what stands in its way has ended")
	c.Flags().Bool("supersede", false, "end, between two steps, the runs that stand in its way")
}

func brakeFlag(c *cobra.Command) {
	c.Flags().String("until", "", "until when: an instant (2026-11-23T16:00:00Z) or from now (90m); without it, until somebody resumes it")
}

// brakeArgs reads an incident, and a run (a number) or a step.
func brakeArgs(c *cobra.Command, args []string, order *incident.Command) (err error) {
	if f := c.Flags().Lookup("until"); f != nil && f.Value.String() != "" {
		if order.Until, err = instantOf(f.Value.String(), time.Now()); err != nil {
			return err
		}
	}
	if len(args) == 2 && isRun(args[1]) {
		order.Run = args[1]
	} else if len(args) == 2 && order.Verb == incident.VerbPause {
		return misused("holdfast hold INCIDENT STEP holds a step", "%q is not a run, which has a number", args[1])
	} else if len(args) == 2 {
		order.Step = args[1]
	}
	return incidentArg(c, args, order)
}

// isRun reports whether a word names a run: they are numbered.
func isRun(word string) bool { return word != "" && strings.Trim(word, "0123456789") == "" }

// runArgs reads an incident and a run; without one it is the only run that goes on.
func runArgs(c *cobra.Command, args []string, order *incident.Command) error {
	if len(args) == 2 {
		order.Run = args[1]
	}
	return incidentArg(c, args, order)
}

func keepFlag(c *cobra.Command) {
	c.Flags().Bool("keep", false, "leave what was done as it is")
}

func abortArgs(c *cobra.Command, args []string, order *incident.Command) error {
	order.Keep, _ = c.Flags().GetBool("keep")
	return runArgs(c, args, order)
}

func invokeArgs(c *cobra.Command, args []string, order *incident.Command) error {
	order.Incident, order.Playbook = args[0], args[1]
	order.Services, _ = c.Flags().GetStringArray("service")
	order.Queue, _ = c.Flags().GetBool("queue")
	order.Supersede, _ = c.Flags().GetBool("supersede")
	if len(order.Services) != 1 {
		return misused("add --service NAME", "a run recovers one service, which has to be named")
	}
	return nil
}

func rehearseFlags(c *cobra.Command) {
	c.Flags().StringP("kind", "k", "", "tabletop (talked through), simulation (only what may be repeated), parallel (all but what cannot be taken back) or full; required")
	c.Flags().StringP("service", "s", "", "the service that it is to bring back; default: the first that the playbook is for")
}

func rehearseArgs(c *cobra.Command, args []string, order *incident.Command) error {
	kind, _ := c.Flags().GetString("kind")
	service, _ := c.Flags().GetString("service")
	if !slices.Contains(incident.Kinds, incident.Exercise(kind)) {
		return misused("add --kind tabletop, simulation, parallel or full", "%q is no kind of exercise", kind)
	}
	order.Playbook, order.Exercise = args[0], incident.Exercise(kind)
	if service != "" {
		order.Services = []string{service}
	}
	return nil
}

// printOrdered says what an order changed.
func printOrdered(out *printer, done console.Ordered) {
	if len(done.Changes) == 0 {
		out.line("nothing had to be changed")
	}
	for _, change := range done.Changes {
		sentence := incident.Sentence(incident.Record{Incident: change.Incident, Event: change.Event})
		if change.Incident != "" {
			sentence = change.Incident + ": " + sentence
		}
		out.line("%s", sentence)
	}
}

// completeTarget completes the id of an incident and then the name of a step that waits, asking the daemon.
func completeTarget(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	daemon, err := newClient(c)
	if err != nil || len(args) > 1 || !strings.Contains(c.Use, "INCIDENT") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(contextOf(c), time.Second)
	defer cancel()
	var status console.Status
	if _, err := daemon.read(ctx, "/api/v1/status", &status); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	for _, i := range status.Incidents {
		if len(args) == 0 {
			words = append(words, cobra.CompletionWithDesc(i.ID, printable(i.Summary)))
			continue
		}
		for _, run := range i.Runs {
			for _, s := range run.Waiting {
				if i.ID == args[0] {
					words = append(words, cobra.CompletionWithDesc(s.Step, printable(fmt.Sprintf("%s: %s", s.Kind, s.Text))))
				}
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
