//go:build !newer

package incident

// tomorrow are the kinds of events of a version that is not there yet: none. The torture harness builds one that has another
// kind (tag newer), and lets the two stand by for each other.
var tomorrow []kindRead

// noting is what a note comes to.
func noting(n Noted) []Event { return []Event{n} }

// understoodTomorrow reports whether an event is one that only that version knows.
func understoodTomorrow(Event) bool { return false }
