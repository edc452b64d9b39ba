// Package planted holds faults that are in the code on purpose, so that the simulation can be held to finding them. Without
// the build tag "planted" there are none: [Is] is false then, and the compiler leaves out what stands behind it. No program
// that is shipped is built with the tag.
package planted

// A Bug is a fault, named by what it does.
type Bug string

// The faults, from the journal up to the people.
const (
	NoCompareAndSet   Bug = "an append goes onto whatever is the newest"
	ChainNotFollowed  Bug = "a reader does not follow the hashes"
	NoteNotLookedAt   Bug = "nobody looks at the head that was noted"
	LostIsStored      Bug = "an append without an answer is taken for stored"
	DecidedOnce       Bug = "a decision is not made anew after a conflict"
	DeadNotBuried     Bug = "what nobody can read is not buried"
	TimeGoesBack      Bug = "a clock that is put back puts the journal back"
	EpochNotRaised    Bug = "a takeover does not raise the epoch"
	SuccessorIgnored  Bug = "who was succeeded goes on deciding"
	NotLookedAgain    Bug = "an effect that nobody wants any more leaves all the same"
	OldFence          Bug = "an effect carries the epoch before"
	SentTwice         Bug = "an effect that is under way is sent again"
	NewKey            Bug = "a retry by itself has a new key"
	AskedNobody       Bug = "a step that asks first is sent again after a crash"
	LeftUnderWay      Bug = "what was under way at a takeover is waited for for ever"
	AbortIgnored      Bug = "a run that is called off is not undone"
	BusyIgnored       Bug = "an incident is stood down while a machine is at work"
	TreatedIgnored    Bug = "a service is brought back by two runs"
	SecondAck         Bug = "a second person acknowledges what the first has"
	AckAfterEnd       Bug = "a step that has ended takes answers"
	SameApprover      Bug = "one person approves twice"
	FourEyesShut      Bug = "who asked for it approves it"
	ApprovesNothing   Bug = "an approval does not say what it is for"
	OneIsEnough       Bug = "a decision needs one approval"
	SilenceApproves   Bug = "a decision that nobody takes is taken for granted"
	AssertionsUnasked Bug = "an assertion is not asked"
	GateIgnored       Bug = "a disarmed house declares by itself"
	OneObserver       Bug = "one observer makes a quorum"
	LabelIsEnough     Bug = "a label is enough to speak as an observer"
	OneVoice          Bug = "one voice is enough to say that a site is lost"
	FutureIgnored     Bug = "an event of an unknown kind is passed over"
	QuietTooSoon      Bug = "standing down is recommended before all is back"
	ExerciseAsLive    Bug = "an effect of an exercise goes out as live"
	NoticeForgotten   Bug = "a notice that a dead daemon had not sent is forgotten"
)

// All are all of them.
var All = []Bug{NoCompareAndSet, ChainNotFollowed, NoteNotLookedAt, LostIsStored, DecidedOnce, DeadNotBuried, TimeGoesBack, EpochNotRaised,
	SuccessorIgnored, NotLookedAgain, OldFence, SentTwice, NewKey, AskedNobody, LeftUnderWay, AbortIgnored, BusyIgnored, TreatedIgnored, SecondAck,
	AckAfterEnd, SameApprover, FourEyesShut, ApprovesNothing, OneIsEnough, SilenceApproves, AssertionsUnasked, GateIgnored, OneObserver, LabelIsEnough, OneVoice, FutureIgnored, QuietTooSoon,
	ExerciseAsLive, NoticeForgotten}
