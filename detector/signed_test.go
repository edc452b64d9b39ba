package detector_test

import (
	"strings"
	"testing"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// A key of 32 bytes; nobody checks a signature here, which the desk has done before.
const someKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

const signing = "sites: {north: {}}\nobservers: {a: {key: " + someKey + "}, b: {key: " + someKey + "}}\ncomponents: {c: {observers: [a, b], quorum: 2}}\n" +
	"services: {s: {rto: 4h, needs: [c], data: {ledger: {rpo: 5m}}}}\n"

// withoutKey is that text without the key of one observer.
func withoutKey(text string) string {
	return strings.Replace(text, "b: {key: "+someKey+"}", "b: {}", 1)
}

func signed(a alert.Alert) alert.Alert {
	a.Signer = a.Labels.Get("observer")
	return a
}

// The same alert, firing since the same instant, is heard again and again; once it is signed it says more.
func TestAWordIsSignedAsItWasHeardWhateverKeyItsObserverHasByNow(t *testing.T) {
	isDown := func(offset, observer string) alert.Alert { return of(offset, says(observer, "c", "down")) }
	h := watch(t, withoutKey(signing))
	h.hear("0s", signed(isDown("0s", "a")), isDown("0s", "b"))
	h.expectUnsigned("1m", "c", "of those who say that c is down 1 signed what they say, and it takes 2")

	h.Rebase(analysis(t, signing))
	h.expectState("2m", "c", detector.Down)
	h.expectUnsigned("2m", "c", "1 signed")
	h.hear("3m", isDown("0s", "b")) // by now that is nobody's word
	h.expectUnsigned("3m", "c", "1 signed")
	h.hear("4m", signed(isDown("0s", "b")))
	h.expectUnsigned("4m", "c", "")
	h.expectUnsigned("4m", "c", "")

	h.Rebase(analysis(t, withoutKey(signing))) // and what was signed stays so
	h.expectUnsigned("5m", "c", "")
	copied := &house{t, h.Copy()}
	copied.expectUnsigned("5m", "c", "")
	h.hear("6m", isDown("0s", "b"))
	h.expectUnsigned("6m", "c", "")
	h.hear("7m", of("7m", resolves("b", "c")), isDown("8m", "b"))
	h.expectUnsigned("9m", "c", "1 signed")
}

func TestASiteAndDataAreLostByWhoSignedThatWhenItWasHeard(t *testing.T) {
	for id, lost := range map[string]alert.Alert{
		"north":  labelled(alert.Firing, "observer", "b", "site", "north", "effect", "lost"),
		"ledger": labelled(alert.Firing, "observer", "b", "data", "ledger", "effect", "unusable"),
	} {
		h := watch(t, withoutKey(signing))
		h.hear("0s", of("0s", lost))
		h.Rebase(analysis(t, signing))
		h.expectUnsigned("1m", id, "nobody who signs says that "+id+" is lost")
		h.hear("2m", signed(of("0s", lost)))
		h.expectUnsigned("2m", id, "")
	}
}

func (h *house) expectUnsigned(offset, id, why string) {
	h.t.Helper()
	if got := h.FactsAt(at(offset)).Unsigned(id); (got == "") != (why == "") || !strings.Contains(got, why) {
		h.t.Errorf("at %s of %s: %q, expected %q", offset, id, got, why)
	}
}
