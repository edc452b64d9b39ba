package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdfast/detector"
)

// Sentence tells a record in one line of prose, without its time and its incident.
func Sentence(r Record) string {
	switch e := r.Event.(type) {
	case TookOver:
		if e.Shadow {
			return fmt.Sprintf("%s (%s) took over as epoch %d, as a shadow: it judges and records, and does nothing.", e.Instance, e.Version, e.Epoch)
		}
		return fmt.Sprintf("%s (%s) took over as epoch %d.", e.Instance, e.Version, e.Epoch)
	case DocumentsAdopted:
		return fmt.Sprintf("%s adopted the documents %s.", subject(e.By), brief(e.Digest))
	case Armed:
		return fmt.Sprintf("%s armed automatic declarations%s.", who(e.By), because(e.Reason))
	case Disarmed:
		return fmt.Sprintf("%s disarmed: nothing is declared or invoked automatically, and no run starts anything that acts on machines%s.", who(e.By), because(e.Reason))
	case GapAdopted:
		return fmt.Sprintf("%s adopted the log without %s%s.", who(e.By), Gap{From: e.From, Through: e.Through}.envelopes(), because(e.Reason))
	case Unrecognised:
		return fmt.Sprintf("Something of the kind %q happened, which this version does not know.", e.As)
	case Noted:
		return fmt.Sprintf("%s noted: %s", who(e.By), e.Text)
	case Rebased:
		return fmt.Sprintf("%s had it judged by the bia.yaml %s from here on, no longer by %s%s.", subject(e.By), brief(e.To), brief(e.From), because(e.Reason))
	}
	if text := actionSentence(r.Event); text != "" {
		return text
	}
	if text := exerciseSentence(r.Event); text != "" {
		return text
	}
	if text := wordSentence(r.Event); text != "" {
		return text
	}
	if text := decisionSentence(r.Event); text != "" {
		return text
	}
	if text := reportingSentence(r.Event); text != "" {
		return text
	}
	if text := stepSentence(r.Event); text != "" {
		return text
	}
	if text := controlSentence(r.Event); text != "" {
		return text
	}
	return recoverySentence(r.Event)
}

func exerciseSentence(e Event) string {
	switch e := e.(type) {
	case ExerciseStarted:
		return fmt.Sprintf("EXERCISE (%s): %s ordered an exercise of the playbook %s%s.", e.Exercise, who(e.By), e.Playbook, because(e.Reason))
	case ExerciseInterrupted:
		return fmt.Sprintf("THE EXERCISE IS OVER: %s is a declared disaster, which takes precedence; nothing more is started.", e.Disaster)
	case ExerciseConcluded:
		return e.sentence()
	}
	return ""
}

// sentence tells what an exercise showed.
func (e ExerciseConcluded) sentence() string {
	text := fmt.Sprintf("The %s exercise of %s is concluded: %s", e.Exercise, e.Playbook, strings.ReplaceAll(e.Result, "_", " "))
	if e.Disaster != "" {
		text += " by the disaster " + e.Disaster
	}
	if e.Recovered > 0 {
		text += ", recovered after " + e.Recovered.String()
	}
	for _, o := range e.Objectives {
		how := "met"
		if !o.Met {
			how = "MISSED"
		}
		text += fmt.Sprintf(", %s %s (%s of %s)", strings.ToUpper(o.Objective), how, o.Measured, o.Allowed)
	}
	switch e.CleanUp.State {
	case "done":
		text += "; what it did is put back"
	case "waived":
		text += "; not all that it did was put back"
	}
	return text + "."
}

func wordSentence(e Event) string {
	switch e := e.(type) {
	case Estimated:
		if e.End.IsZero() {
			return fmt.Sprintf("%s has no estimate of when %s is back%s.", who(e.By), e.Service, because(e.Reason))
		}
		return fmt.Sprintf("%s estimates %s back at %s%s.", who(e.By), e.Service, stamp(e.End), because(e.Reason))
	case FacilityReported:
		return fmt.Sprintf("%s signalled the site %s %s%s.", who(e.By), e.Site, e.State, because(e.Reason))
	case DataReported:
		if e.State == stateRecoveryPoint {
			return fmt.Sprintf("%s reported %s as the newest recovery point of %s%s.", who(e.By), stamp(e.Point), e.Data, because(e.Reason))
		}
		return fmt.Sprintf("%s signalled the data %s %s%s.", who(e.By), e.Data, e.State, because(e.Reason))
	case SwitchedOff:
		return fmt.Sprintf("%s marked %s as switched off on purpose until %s%s.", who(e.By), e.Component, stamp(e.Until), because(e.Reason))
	case SwitchedOn:
		return fmt.Sprintf("%s ended the mark that %s is switched off on purpose%s.", who(e.By), e.Component, because(e.Reason))
	case MaintenanceAnnounced:
		return fmt.Sprintf("%s announced the maintenance %s from %s to %s on %s, which may leave %s%s.", who(e.By), e.Change, stamp(e.From), stamp(e.To),
			listed(e.Scope), listed(expected(e.Expect)), because(e.Reason))
	case MaintenanceCalledOff:
		return fmt.Sprintf("%s called off the maintenance %s%s.", who(e.By), e.Change, because(e.Reason))
	case Backdated:
		return fmt.Sprintf("%s moved the start of the outage of %s from %s back to %s%s.", who(e.By), e.Service, stamp(e.From), stamp(e.To), because(e.Reason))
	}
	return ""
}

// expected are the effects that maintenance may have, by service.
func expected(effects map[string]string) (all []string) {
	for _, service := range slices.Sorted(maps.Keys(effects)) {
		all = append(all, service+" "+effects[service])
	}
	return all
}

func decisionSentence(e Event) string {
	switch e := e.(type) {
	case Classified:
		return classifiedSentence(e.Verdict)
	case DecisionDue:
		return decisionDueSentence(e)
	case Recommended:
		return e.sentence()
	case Declared:
		how := "declared a disaster"
		if e.Automatic {
			how = "declared a disaster automatically"
		}
		return fmt.Sprintf("%s %s (%s)%s.", subject(e.By), how, listed(e.Criteria), because(e.Reason))
	case DeclarationDeclined:
		text := fmt.Sprintf("%s declined to declare a disaster (%s)%s", who(e.By), listed(e.Criteria), because(e.Reason))
		if !e.Until.IsZero() {
			text += ", until " + stamp(e.Until)
		}
		return text + "."
	case StandDownRecommended:
		return "Standing down is recommended: what the disaster is about is back, and the criteria no longer hold."
	case StoodDown:
		return fmt.Sprintf("%s stood down%s.", who(e.By), because(e.Reason))
	}
	return ""
}

// classifiedSentence leans on the detector's summary, which as a rule begins with the level itself.
func classifiedSentence(v detector.Verdict) string {
	summary := v.Explanation.Summary
	if !v.Open {
		return fmt.Sprintf("The situation is over%s.", because(strings.TrimPrefix(summary, "over: ")))
	}
	if strings.HasPrefix(summary, v.Level.String()) {
		return "Classified " + closed(summary)
	}
	text := fmt.Sprintf("Classified %s", v.Current)
	if v.Current < v.Level {
		text += fmt.Sprintf(" (it was %s)", v.Level)
	}
	return closed(text + because(summary))
}

func decisionDueSentence(e DecisionDue) string {
	by := "its latest time to invoke is " + stamp(e.LTI)
	if e.LTI.IsZero() {
		by = "how long its recovery takes is not known"
	}
	switch e.Round {
	case roundAuthority:
		return fmt.Sprintf("A decision on %s is due: %s.", e.Service, by)
	case roundSuccessors:
		return fmt.Sprintf("The decision on %s is still open, %s: the successors are asked.", e.Service, by)
	}
	return fmt.Sprintf("The latest time to invoke for %s, %s, has come without a declaration.", e.Service, stamp(e.LTI))
}

func stepSentence(e Event) string {
	switch e := e.(type) {
	case Invoked:
		if e.CleanUp {
			return fmt.Sprintf("What the exercise did is put back as run %s.", e.Run)
		}
		if e.Exercise != "" {
			return fmt.Sprintf("%s has the playbook %s exercised for %s as run %s: EXERCISE (%s).", subject(e.By), e.Playbook, e.Service, e.Run, e.Exercise)
		}
		text := fmt.Sprintf("%s invoked the playbook %s for %s as run %s%s", subject(e.By), e.Playbook, listed(orElse(e.Covers, e.Service)), e.Run, because(e.Reason))
		if e.Asks != nil {
			text += fmt.Sprintf("; it starts only if %s says so, since %s", e.Asks.Role, strings.Join(e.Asks.Unmet, "; "))
		}
		return text + "."
	case NoPlaybookFits:
		if e.Keeper != "" {
			return fmt.Sprintf("NO PLAYBOOK IS STARTED for %s: %s.", e.Service, strings.Join(e.Missing, "; "))
		}
		if e.Nearest == "" {
			return fmt.Sprintf("NO PLAYBOOK FITS %s: %s.", e.Service, strings.Join(e.Missing, "; "))
		}
		return fmt.Sprintf("NO PLAYBOOK FITS %s; the nearest is %s: %s.", e.Service, e.Nearest, strings.Join(e.Missing, "; "))
	case StepStarted:
		return startedSentence(e)
	case ReleaseChanged:
		text := fmt.Sprintf("What %s lets happen has changed (%s)", stepName(e.Run, e.Step), brief(e.Release.Digest))
		if len(e.Lapsed) > 0 {
			text += fmt.Sprintf("; the approval of %s was for something else and no longer counts", listed(e.Lapsed))
		}
		return text + "."
	case Acknowledged:
		if e.From != "" {
			return fmt.Sprintf("%s acknowledged %s, taking it over from %s.", who(e.By), stepName(e.Run, e.Step), e.From)
		}
		return fmt.Sprintf("%s acknowledged %s.", who(e.By), stepName(e.Run, e.Step))
	case AcknowledgementLapsed:
		return fmt.Sprintf("%s took %s at %s and was silent since: it counts as not taken, and %s is told (%s).", who(e.By), stepName(e.Run, e.Step), stamp(e.Since), e.Role, listed(e.Tell))
	case HandOverOffered:
		return fmt.Sprintf("%s offered %s to %s%s.", who(e.By), stepName(e.Run, e.Step), e.To, because(e.Reason))
	case StepApproved:
		text := fmt.Sprintf("%s approved %s%s", who(e.By), stepName(e.Run, e.Step), because(e.Reason))
		if e.Unproven != "" {
			text += " (" + e.Unproven + ")"
		}
		return text + "."
	case StepDeclined:
		return fmt.Sprintf("%s declined %s%s.", who(e.By), stepName(e.Run, e.Step), because(e.Reason))
	case StepDone:
		if e.By.Person != "" {
			return fmt.Sprintf("%s is done, by %s.", upper(stepName(e.Run, e.Step)), who(e.By))
		}
		return fmt.Sprintf("%s is done.", upper(stepName(e.Run, e.Step)))
	case StepFailed:
		return failedSentence(e)
	case StepSkipped:
		if e.By.Rule == ruleExercise {
			return fmt.Sprintf("%s was left out%s.", upper(stepName(e.Run, e.Step)), because(e.Reason))
		}
		return fmt.Sprintf("%s was left out by %s%s.", upper(stepName(e.Run, e.Step)), who(e.By), because(e.Reason))
	case RestOffered:
		return fmt.Sprintf("All that run %s covers is back while steps are open (%s): a person may leave out the rest.", e.Run, listed(e.Steps))
	case RestSkipped:
		return fmt.Sprintf("%s left out the rest of run %s (%s)%s.", who(e.By), e.Run, listed(e.Steps), because(e.Reason))
	case StepForbidden:
		what := stepName(e.Run, e.Step)
		if e.Undo {
			what = "the undo of " + what
		}
		if e.Rule == ruleDisarmed {
			return fmt.Sprintf("%s was NOT carried out%s.", upper(what), because(e.Reason))
		}
		return fmt.Sprintf("%s was NOT carried out: it would break %s%s.", upper(what), e.Rule, because(e.Reason))
	case RuleOverruled:
		return e.sentence()
	case Escalated:
		if e.Why != "" { // a step waits for nobody where all it does is tell people
			return fmt.Sprintf("%s goes on to %s (%s)%s.", upper(stepName(e.Run, e.Step)), e.Role, listed(e.Tell), because(e.Why))
		}
		return fmt.Sprintf("%s still waits; %s is told (%s).", upper(stepName(e.Run, e.Step)), e.Role, listed(e.Tell))
	case Notified:
		if e.Error != "" {
			return fmt.Sprintf("Notice %d could not reach %s: %s.", e.Notice, e.Person, strings.TrimSuffix(e.Error, "."))
		}
		return fmt.Sprintf("Notice %d reached %s by %s.", e.Notice, e.Person, orText(e.Channel, "an unnamed channel"))
	case RunEnded:
		return fmt.Sprintf("Run %s ended: %s.", e.Run, strings.ReplaceAll(e.Result, "_", " "))
	}
	return ""
}

// controlSentence tells what people do to a run as a whole, and what is taken back.
func controlSentence(e Event) string {
	switch e := e.(type) {
	case RunPaused:
		return fmt.Sprintf("%s paused run %s%s%s.", who(e.By), e.Run, untilWords(e.Until), because(e.Reason))
	case RunResumed:
		if e.By.Rule == ruleUntil {
			return fmt.Sprintf("Run %s goes on: the time of its pause is over.", e.Run)
		}
		return fmt.Sprintf("%s resumed run %s%s.", who(e.By), e.Run, because(e.Reason))
	case StepHeld:
		return fmt.Sprintf("%s holds %s%s%s.", who(e.By), stepName(e.Run, e.Step), untilWords(e.Until), because(e.Reason))
	case StillHeld:
		if e.Step == "" {
			return fmt.Sprintf("Run %s is still paused.", e.Run)
		}
		return fmt.Sprintf("%s is still held.", upper(stepName(e.Run, e.Step)))
	case StepReleased:
		if e.By.Rule == ruleUntil {
			return fmt.Sprintf("%s is free again: the time of its hold is over.", upper(stepName(e.Run, e.Step)))
		}
		return fmt.Sprintf("%s released %s%s.", who(e.By), stepName(e.Run, e.Step), because(e.Reason))
	case InvocationQueued:
		text := fmt.Sprintf("%s ordered %s for %s, as soon as it can start (%s)", who(e.By), e.Playbook, e.Service, strings.Join(e.Behind, "; "))
		return text + because(e.Reason) + "."
	case RunSuperseded:
		return fmt.Sprintf("Run %s makes way for %s of %s, by order of %s: it starts nothing more, and ends between two steps%s.", e.Run, e.For, e.Incident, who(e.By), because(e.Reason))
	case RunAborted:
		return abortedSentence(e)
	case UndoStarted:
		return attemptSentence("The undo of "+stepName(e.Run, e.Step), StepStarted(e))
	case UndoDone:
		if e.By.Person != "" {
			return fmt.Sprintf("%s is undone, by %s.", upper(stepName(e.Run, e.Step)), who(e.By))
		}
		return fmt.Sprintf("%s is undone.", upper(stepName(e.Run, e.Step)))
	case UndoFailed:
		return brokenSentence("The undo of "+stepName(e.Run, e.Step), StepFailed(e))
	case UndoSkipped:
		return fmt.Sprintf("%s leaves %s as it is, without an undo%s.", who(e.By), stepName(e.Run, e.Step), because(e.Reason))
	}
	return ""
}

func abortedSentence(e RunAborted) string {
	what, then := "run "+e.Run, "what it did is undone as far as its playbook says how"
	if e.Run == "" {
		what, then = "everything in the incident", "what was done is undone as far as the playbooks say how, and nothing more is invoked without a person"
	}
	if e.Keep {
		then = "what it did stays as it is"
		if e.Run == "" {
			then = "what was done stays as it is, and nothing more is invoked without a person"
		}
	}
	text := fmt.Sprintf("%s aborted %s; %s%s.", subject(e.By), what, then, because(e.Reason))
	for _, by := range e.ByHand {
		text += " By hand: " + closed(by)
	}
	return text
}

func startedSentence(e StepStarted) string { return attemptSentence(upper(stepName(e.Run, e.Step)), e) }

func attemptSentence(what string, e StepStarted) string {
	text := what + " started"
	if e.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", e.Attempt)
	}
	if e.For != "" {
		text += fmt.Sprintf(", asked once more since what %s would do is known only now", e.For)
	}
	if e.By.Person != "" {
		text += fmt.Sprintf(", ordered by %s", who(e.By)) + because(e.Reason)
	}
	if len(e.Tell) > 0 {
		text += ": " + listed(e.Tell) + " told"
	}
	return text + "."
}

func failedSentence(e StepFailed) string { return brokenSentence(upper(stepName(e.Run, e.Step)), e) }

func brokenSentence(what string, e StepFailed) string {
	how := map[Outcome]string{Failed: "failed", TimedOut: "timed out", InDoubt: "is in doubt", Cannot: "cannot be done", Unclear: "needs a person"}[e.Outcome]
	text := fmt.Sprintf("%s %s", what, orText(how, string(e.Outcome)))
	if e.By.Person != "" {
		text += ", says " + who(e.By)
	}
	text += because(e.Reason)
	if !e.Again.IsZero() {
		text += "; again at " + stamp(e.Again)
	}
	return text + "."
}

func recoverySentence(e Event) string {
	switch e := e.(type) {
	case ObjectiveAtRisk:
		return e.sentence()
	case ObjectiveMissed:
		return fmt.Sprintf("%s was not back by %s: objective %s missed.", e.Service, stamp(e.Deadline), e.Objective)
	case Restored:
		return fmt.Sprintf("%s is restored: at or above its MBCO since %s.", e.Service, stamp(e.At))
	case Relapsed:
		return fmt.Sprintf("%s relapsed: below its MBCO since %s.", e.Service, stamp(e.Since))
	}
	return ""
}

// who names an actor: the person, or the rule that stood in for one.
func who(a Actor) string {
	switch {
	case a.Person != "" && a.Role != "" && a.Role != a.Person:
		return fmt.Sprintf("%s (%s)", a.Person, a.Role)
	case a.Person != "":
		return a.Person
	case a.Rule != "":
		return "the rule " + a.Rule
	}
	return "holdfast"
}

// subject names an actor at the beginning of a sentence; ids stay as they are written.
func subject(a Actor) string {
	if a.Person == "" {
		return upper(who(a))
	}
	return who(a)
}

func stepName(run, step string) string { return fmt.Sprintf("step %s of run %s", step, run) }

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + strings.TrimRight(reason, ". \n")
}

func closed(text string) string { return strings.TrimRight(text, ". \n") + "." }

func listed(words []string) string {
	switch len(words) {
	case 0:
		return "nobody"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// brief is a digest short enough to read.
func brief(digest string) string {
	if len(digest) > 19 {
		return digest[:19]
	}
	return digest
}
