package incident

import (
	"encoding/json"
	"fmt"

	"holdfast/internal/quick"
)

// A kindRead is a kind of event with how it is read.
type kindRead struct {
	kind Kind
	read func(*quick.Words, json.RawMessage) (Event, error)
}

// kinds are all kinds of events; the order is that of event.go.
var kinds = append([]kindRead{
	{KindTookOver, read[TookOver]()},
	{KindDocumentsAdopted, read[DocumentsAdopted]()},
	{KindArmed, read[Armed]()},
	{KindDisarmed, read[Disarmed]()},
	{KindGapAdopted, read[GapAdopted]()},
	{KindEstimated, read[Estimated]()},
	{KindFacilityReported, read[FacilityReported]()},
	{KindDataReported, read[DataReported]()},
	{KindSwitchedOff, read[SwitchedOff]()},
	{KindSwitchedOn, read[SwitchedOn]()},
	{KindMaintenanceAnnounced, read[MaintenanceAnnounced]()},
	{KindMaintenanceCalledOff, read[MaintenanceCalledOff]()},
	{KindBackdated, read[Backdated]()},
	{KindClassified, read[Classified]()},
	{KindDecisionDue, read[DecisionDue]()},
	{KindRecommended, read[Recommended]()},
	{KindDeclared, read[Declared]()},
	{KindDeclarationDeclined, read[DeclarationDeclined]()},
	{KindReportingDue, read[ReportingDue]()},
	{KindReminded, read[Reminded]()},
	{KindReportingMissed, read[ReportingMissed]()},
	{KindReported, read[Reported]()},
	{KindInvoked, read[Invoked]()},
	{KindNoPlaybookFits, read[NoPlaybookFits]()},
	{KindStepStarted, read[StepStarted]()},
	{KindReleaseChanged, read[ReleaseChanged]()},
	{KindAcknowledged, read[Acknowledged]()},
	{KindAcknowledgementLapsed, read[AcknowledgementLapsed]()},
	{KindHandOverOffered, read[HandOverOffered]()},
	{KindStepApproved, read[StepApproved]()},
	{KindStepDeclined, read[StepDeclined]()},
	{KindStepDone, read[StepDone]()},
	{KindStepFailed, read[StepFailed]()},
	{KindStepSkipped, read[StepSkipped]()},
	{KindStepForbidden, read[StepForbidden]()},
	{KindRuleOverruled, read[RuleOverruled]()},
	{KindEscalated, read[Escalated]()},
	{KindNotified, read[Notified]()},
	{KindRunPaused, read[RunPaused]()},
	{KindRunResumed, read[RunResumed]()},
	{KindStepHeld, read[StepHeld]()},
	{KindStepReleased, read[StepReleased]()},
	{KindStillHeld, read[StillHeld]()},
	{KindInvocationQueued, read[InvocationQueued]()},
	{KindRunSuperseded, read[RunSuperseded]()},
	{KindRunAborted, read[RunAborted]()},
	{KindUndoStarted, read[UndoStarted]()},
	{KindUndoDone, read[UndoDone]()},
	{KindUndoFailed, read[UndoFailed]()},
	{KindUndoSkipped, read[UndoSkipped]()},
	{KindRunEnded, read[RunEnded]()},
	{KindObjectiveAtRisk, read[ObjectiveAtRisk]()},
	{KindObjectiveMissed, read[ObjectiveMissed]()},
	{KindRestored, read[Restored]()},
	{KindRestOffered, read[RestOffered]()},
	{KindRestSkipped, read[RestSkipped]()},
	{KindRelapsed, read[Relapsed]()},
	{KindStandDownRecommended, read[StandDownRecommended]()},
	{KindStoodDown, read[StoodDown]()},
	{KindNoted, read[Noted]()},
	{KindRebased, read[Rebased]()},
	{KindExerciseStarted, read[ExerciseStarted]()},
	{KindExerciseInterrupted, read[ExerciseInterrupted]()},
	{KindExerciseConcluded, read[ExerciseConcluded]()},
	{KindActionAgreed, read[ActionAgreed]()},
	{KindActionDone, read[ActionDone]()},
}, tomorrow...)

// byKind is how each kind is read.
var byKind = func() map[Kind]func(*quick.Words, json.RawMessage) (Event, error) {
	all := make(map[Kind]func(*quick.Words, json.RawMessage) (Event, error), len(kinds))
	for _, k := range kinds {
		all[k.kind] = k.read
	}
	return all
}()

// read reads an event as this program writes it at once; another one by encoding/json.
func read[E Event]() func(*quick.Words, json.RawMessage) (Event, error) {
	written := quick.Of[E]()
	return func(words *quick.Words, data json.RawMessage) (Event, error) {
		var at E
		if written.Read(words, data, &at) {
			return at, nil
		}
		var e E
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, err
		}
		return e, nil
	}
}

// Encode writes an event as it stands in the journal. It fails only for an instant outside the years 0 to 9999.
func Encode(e Event) (Kind, json.RawMessage, error) {
	if u, ok := e.(Unrecognised); ok {
		return u.As, json.RawMessage(u.Raw), nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", e.Kind(), err)
	}
	return e.Kind(), data, nil
}

// Decode reads an event. Fields that this version does not know are passed over; a kind it does not know comes back as
// [Unrecognised]. The error is of a known kind that cannot be read, which is a damaged journal.
func Decode(kind Kind, data json.RawMessage) (Event, error) { return decode(nil, kind, data) }

// A Reader reads the events of a long history, in which the same words come over and over again. It is for one goroutine.
type Reader struct{ words quick.Words }

// Decode is [Decode].
func (r *Reader) Decode(kind Kind, data json.RawMessage) (Event, error) {
	return decode(&r.words, kind, data)
}

func decode(words *quick.Words, kind Kind, data json.RawMessage) (Event, error) {
	read, known := byKind[kind]
	if !known {
		return Unrecognised{As: kind, Raw: data}, nil
	}
	e, err := read(words, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return e, nil
}
