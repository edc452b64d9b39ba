// Package failpoint names the instants at which the torture harness lets a daemon die: [Hit] and [Fail] stand along the life
// of an alert and of a run, and do nothing unless the program was built with the tag "failpoint". Then the environment says
// what happens where:
//
//	HOLDFAST_FAILPOINT=invoker/committed[step_started]@2=kill
//
// is SIGKILL at the second commit that begins with a step_started. Several are separated by ";". What is in brackets narrows
// a point to what it is about and may be left out, as may @1. The actions are kill, stop (SIGSTOP), panic, sleep(2s), and for
// a point that can fail, error. HOLDFAST_FAILPOINT_LOG names a file to which each point is written when it is first reached, and
// again, with its action, right before that is carried out.
package failpoint

import "errors"

// ErrPlanted is the error of a point that was told to fail.
var ErrPlanted = errors.New("a planted fault")

// A Point is a named instant in the code.
type Point struct {
	Name string
	When string // what has happened by then, and what has not
}

// Points are all there are, in the order of a life. A test holds them against the code, and the torture harness fails a run in
// which one was not hit.
var Points = []Point{
	{"store/examining", "a child looks at the store, and the daemon is about to wait for it"},
	{"store/examined", "a child has opened and closed the store"},
	{"embedded/starting", "the store is locked, and nats-server has not looked at it"},
	{"embedded/started", "nats-server is ready, and nobody is connected"},
	{"people/sealing", "a sealed record, key or roster is on disk under another name, and not in its place"},
	{"people/kept", "the sealed copy of people.yaml is whole"},
	{"serve/documents", "the documents are read, and NATS is not started"},
	{"journal/open", "the streams are there, and nothing of them is read"},
	{"journal/read", "reading the log of decisions begins"},
	{"journal/read/envelope", "an envelope is read and verified, and not folded"},
	{"invoker/taking-over", "the log is read, and the epoch is still the predecessor's"},
	{"invoker/took-over", "the new epoch is in the log, and the documents are not adopted"},
	{"invoker/live", "this instance is in charge, and has decided nothing"},
	{"serve/ready", "the ready file is written"},

	{"bridge/read", "what was posted is read, and not stored"},
	{"bridge/stored", "it is stored, and not answered"},
	{"bridge/answered", "it is answered"},
	{"journal/publishing", "an alert is about to be stored"},
	{"journal/published", "it is stored, and whoever sent it does not know"},
	{"invoker/hearing", "an alert has come to the loop, and the desk has not heard it"},
	{"journal/burying", "a dead letter is about to be stored"},
	{"journal/buried", "it is stored, and nobody has taken note"},

	{"console/order/received", "an order is read, and nobody has decided"},
	{"invoker/order/taken", "the loop has taken an order, and has not decided"},
	{"invoker/decided", "something is decided, and in no envelope; about: the kind of the first event"},
	{"journal/appending", "an envelope is written out, and not sent; an error here is an append that never was"},
	{"journal/put", "an envelope is sent next"},
	{"journal/stored", "an envelope is stored; an error here is an acknowledgement that was lost"},
	{"journal/note", "an envelope is acknowledged, and its head is not noted"},
	{"journal/noted", "its head is noted, and nothing is folded"},
	{"invoker/committed", "an envelope is in the log, and not folded; about: the kind of the first event"},
	{"invoker/folded", "the desk knows it, and nothing is started; about: the kind of the first event"},
	{"invoker/looking-back", "an append went wrong, and it is not known whether it is in the log"},
	{"invoker/order/committed", "an order is in the log, and whoever gave it does not know"},
	{"console/order/decided", "the answer to an order is known, and not sent"},
	{"console/order/answered", "an order is answered"},

	{"invoker/launching", "what is wanted is known, and not started"},
	{"invoker/allowed", "an effect may happen, and has not; about: its kind"},
	{"actions/http/sending", "a request is about to be sent"},
	{"actions/http/answered", "a request is answered"},
	{"actions/nats/sending", "a NATS request is about to be sent"},
	{"actions/nats/answered", "a NATS request is answered"},
	{"actions/exec/claimed", "a command's lock is taken, and it is not started"},
	{"actions/exec/started", "a command runs"},
	{"actions/exec/exited", "a command has ended, and its lock is still held"},
	{"actions/notice/sending", "a person is about to be told"},
	{"actions/notice/sent", "a channel has answered"},
	{"actions/verify/polling", "a verify is about to ask"},
	{"actions/verify/held", "what a verify wants has held for as long as it says"},
	{"invoker/effect-over", "an effect is over, and the loop does not know; about: its kind"},
	{"invoker/result", "the loop knows how effects went, and the log does not"},
	{"invoker/result-committed", "the log knows how effects went"},

	{"reload/read", "the documents are read anew, and not adopted"},
	{"reload/adopted", "the new documents are in the log, and the daemon goes by the old ones elsewhere"},

	{"serve/stopping", "the daemon was asked to end"},
	{"invoker/ending", "the loop has ended, and effects may be under way"},
	{"serve/keeping", "what was heard is on disk under another name, and not in its place"},
	{"serve/kept", "what was heard is in its place, for the next start"},
	{"embedded/stopping", "connections are closed, and nats-server runs"},
	{"embedded/stopped", "nats-server has ended, and the store is locked"},
}
