package sim

import (
	"maps"
	"slices"
)

// states are what has to be seen in every batch that is large enough, beside every fault: where one of them is never seen,
// the world has become too kind to find anything.
var states = []string{
	"a component blips",
	"a component fails beside an attacker",
	"a component fails for long",
	"a daemon goes on behind a gap in the log",
	"a daemon keeps its hands off a damaged log",
	"a disaster is declared automatically",
	"a machine refused an effect with an old fence",
	"a machine was sent a key that it knew already",
	"a message that nobody could read was buried with the reason",
	"a person is refused",
	"a person is told that an order may or may not be recorded",
	"a person orders abort",
	"a person orders ack",
	"a person orders approve",
	"a person orders arm",
	"a person orders declare",
	"a person orders rehearse",
	"a person orders retry",
	"a person orders skip",
	"a person orders stand-down",
	"a run ends: aborted",
	"a run ends: completed",
	"a run ends: interrupted",
	"a run ends: stood_down",
	"a site is lost",
	"a step fails: failed",
	"a step fails: in_doubt",
	"a step fails: timed_out",
	"an alert was refused upstream and sent again",
	"an append that was given up was stored after all",
	"an append was refused, since the log had moved on",
	"an attacker speaks with a stolen credential",
	"an attacker speaks as another observer",
	"an attacker speaks of data",
	"an attacker speaks of a service as a whole",
	"an effect was called off while it was under way",
	"another daemon took over from one that did not answer",
	"recorded: acknowledgement_lapsed",
	"recorded: decision_due",
	"recorded: disarmed",
	"recorded: escalated",
	"recorded: exercise_concluded",
	"recorded: no_playbook_fits",
	"recorded: objective_missed",
	"recorded: relapsed",
	"recorded: restored",
	"recorded: run_superseded",
	"recorded: step_forbidden",
	"recorded: undo_failed",
}

// Unseen is what has to happen sometimes and never has, in a batch that has seen so much.
func Unseen(sights map[string]int) (never []string) {
	all := slices.Clone(states)
	all = slices.AppendSeq(all, maps.Keys(atAnOccasion))
	all = slices.AppendSeq(all, maps.Keys(byItself))
	all = slices.AppendSeq(all, maps.Keys(inHaste))
	slices.Sort(all)
	for _, what := range slices.Compact(all) {
		if sights[what] == 0 {
			never = append(never, what)
		}
	}
	return never
}
