package detector_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// The outage of s is real: both observers say that c1 is down. What makes a disaster of it is said beside that.
const besieged = `
observers:
  a: {speaks_on: [holdfast.alerts.a]}
  b: {speaks_on: [holdfast.alerts.b]}
  provider: {speaks_on: [holdfast.alerts.provider], estimates: true}
  carrier: {speaks_on: [holdfast.alerts.carrier], estimates: true}
sites: {north: {}}
components:
  c1: {site: north, observers: [a, b], quorum: 2}
  c2: {site: north, observers: [a, b], quorum: 2}
  c3: {site: north, observers: [a, b]}
  c4: {site: north, observers: [a, b]}
criteria:
  custom:
    evacuated: {when: "site('north').signal != 'ok' && service('s').confirmed", level: disaster}
    corrupted: {when: "data('ledger').condition == 'unusable' && service('s').confirmed", level: disaster}
    stale: {when: "data('ledger').age > duration('1h') && service('s').confirmed", level: disaster}
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [c1], data: {ledger: {rpo: 5m}}}
`

// by brings alerts of an observer at the instant of the outage, where it speaks; nobody is "else".
func (h *house) by(observer string, alerts ...alert.Alert) {
	h.on("holdfast.alerts."+observer, "1m", alerts...)
}

func about(words ...string) alert.Alert { return labelled(alert.Firing, words...) }

var (
	siteLost     = about("site", "north", "effect", "lost")
	siteImpaired = about("site", "north", "effect", "impaired")
	unusable     = about("data", "ledger", "effect", "unusable")
	noEstimate   = about("service", "s", "estimate", "none")
)

func pointAt(offset string) alert.Alert {
	return about("data", "ledger", "effect", "recovery_point", "instant", at(offset).Format(time.RFC3339))
}

func TestOneVoiceMakesADisasterOfARealOutageAndDeclaresNothing(t *testing.T) {
	both := func(h *house, alerts ...alert.Alert) {
		h.by("a", alerts...)
		h.by("b", alerts...)
	}
	for name, c := range map[string]struct {
		said      func(h *house)
		criterion string
		doubt     string // what it says; empty: none, it may be declared without a person
	}{
		"a site, by one":                          {func(h *house) { h.by("a", siteLost) }, "facility_lost", "only a says that north is lost"},
		"a site, by nobody in particular":         {func(h *house) { h.by("else", siteLost) }, "facility_lost", "only an unnamed observer says that north is lost"},
		"a site, by one and by nobody":            {func(h *house) { h.by("a", siteLost); h.by("else", siteLost) }, "facility_lost", "only an unnamed observer and a says"},
		"a site, by one who says it in two ways":  {func(h *house) { h.by("a", siteLost, with(siteLost, "alertname", "Other")) }, "facility_lost", "only a says"},
		"a site, by one as another":               {func(h *house) { h.by("a", siteLost, with(siteLost, "observer", "b")) }, "facility_lost", "only a says"},
		"a site, by one, and impaired by another": {func(h *house) { h.by("a", siteLost); h.by("b", siteImpaired) }, "facility_lost", "only a says"},
		"a site, by one who was taken back": {func(h *house) {
			both(h, siteLost)
			h.on("holdfast.alerts.b", "2m", labelled(alert.Resolved, "site", "north", "effect", "lost"))
		}, "facility_lost", "only a says"},
		"a site, by both":                          {func(h *house) { both(h, siteLost) }, "facility_lost", ""},
		"a site, by one and a person":              {func(h *house) { h.by("a", siteLost); h.TellFacility(at("1m"), "north", "lost") }, "facility_lost", ""},
		"a site, by a person":                      {func(h *house) { h.TellFacility(at("1m"), "north", "lost") }, "facility_lost", ""},
		"a site, by one, and both see half of it":  {func(h *house) { h.by("a", siteLost); both(h, down("c2")) }, "facility_lost", ""},
		"a site, by nobody, and both see half":     {func(h *house) { h.by("else", siteLost); both(h, down("c2")) }, "facility_lost", ""},
		"a site, by one who alone sees half of it": {func(h *house) { h.by("a", siteLost, down("c3"), down("c4")) }, "facility_lost", "only a says"},
		"a site, by one, and the other sees half":  {func(h *house) { h.by("a", siteLost); h.by("b", down("c3"), down("c4")) }, "facility_lost", ""},
		"impaired, by one who alone sees half":     {func(h *house) { h.by("a", siteImpaired, down("c3"), down("c4")) }, "facility_impaired", "only a says that north is impaired"},
		"impaired, by one, and both see half":      {func(h *house) { h.by("a", siteImpaired); both(h, down("c2")) }, "facility_impaired", ""},
		"a rule about a site, by one":              {func(h *house) { h.by("a", siteImpaired) }, "evacuated", "only a says that north is impaired"},
		"a rule about a site, by both":             {func(h *house) { both(h, siteImpaired) }, "evacuated", ""},
		"data, by one":                             {func(h *house) { h.by("a", unusable) }, "data_loss", "only a says that ledger is unusable"},
		"data, by both":                            {func(h *house) { both(h, unusable) }, "data_loss", ""},
		"data, by one and a person":                {func(h *house) { h.by("a", unusable); h.TellData(at("1m"), "ledger", "unusable") }, "data_loss", ""},
		"data, by both, and one tells an older point": {func(h *house) {
			both(h, unusable)
			h.by("b", pointAt("-1m"))
			h.on("holdfast.alerts.a", "2m", pointAt("-6h"))
		}, "data_loss",
			"a newer recovery point of ledger was told of"},
		"data, by both, and the newest point is too old": {func(h *house) { both(h, unusable); h.by("b", pointAt("-6h")) }, "data_loss", ""},
		"a rule about data, by one":                      {func(h *house) { h.by("a", unusable) }, "corrupted", "only a says that ledger is unusable"},
		"a rule about data, by both":                     {func(h *house) { both(h, unusable) }, "corrupted", ""},
		"a rule about its age, by who tells an older point": {func(h *house) { h.by("b", pointAt("-1m")); h.on("holdfast.alerts.a", "2m", pointAt("-6h")) }, "stale",
			"a newer recovery point of ledger than"},
		"no estimate, by one source":  {func(h *house) { h.by("provider", noEstimate) }, "estimate_exceeds_rto", "only provider estimates the end of s's outage so late"},
		"no estimate, by two sources": {func(h *house) { h.by("provider", noEstimate); h.by("carrier", noEstimate) }, "estimate_exceeds_rto", ""},
		"no estimate, by a person":    {func(h *house) { h.TellEstimate(at("1m"), "ann", "s", time.Time{}) }, "estimate_exceeds_rto", ""},
		"no estimate, after a good one": {func(h *house) {
			h.by("carrier", about("service", "s", "estimate", "1h"))
			h.on("holdfast.alerts.provider", "2m", noEstimate)
		}, "estimate_exceeds_rto", "only provider estimates"},
	} {
		t.Run(name, func(t *testing.T) {
			h := watch(t, besieged)
			h.on("holdfast.alerts.a", "0s", down("c1"))
			h.on("holdfast.alerts.b", "0s", down("c1"))
			c.said(h)
			for who, h := range map[string]*house{"who heard it": h, "a copy": {t, h.Copy()}, "who recalls it": {t, recalled(t, h.Detector)}} {
				got := h.criterion("10m", c.criterion)
				if got.Answer != detector.Met || (got.Doubt == "") != (c.doubt == "") || !strings.Contains(got.Doubt, c.doubt) {
					t.Errorf("%s: %s is %s, the doubt %q, expected %q", who, c.criterion, got.Answer, got.Doubt, c.doubt)
				}
				h.expectCurrent("10m", detector.Disaster) // it counts, and is recommended
			}
		})
	}
}

// recalled is a detector that has read what another has written.
func recalled(t *testing.T, d *detector.Detector) *detector.Detector {
	t.Helper()
	again, _, err := detector.Recall(d.Write(nil))
	if err != nil {
		t.Fatal(err)
	}
	again.Rebase(analysis(t, besieged))
	return again
}

// Who signs, and says without a signature that the site is lost, is nobody in particular there; what it signs of half of the site is
// no second voice.
func TestWhoSignsIsNoSecondVoiceOfWhatItDoesNotSign(t *testing.T) {
	h := watch(t, strings.Replace(besieged, "a: {", "a: {key: "+someKey+", ", 1))
	byKey := func(component string) alert.Alert { a := down(component); a.Signer = "a"; return a }
	h.on("holdfast.alerts.b", "0s", down("c1"))
	h.on("holdfast.alerts.a", "0s", byKey("c1"), siteLost, byKey("c3"), byKey("c4"))
	if c := h.criterion("10m", "facility_lost"); c.Answer != detector.Met || !strings.Contains(c.Doubt, "only an unnamed observer says that north is lost") {
		t.Errorf("facility_lost is %s, the doubt %q", c.Answer, c.Doubt)
	}
	h.on("holdfast.alerts.b", "11m", down("c3"))
	if c := h.criterion("11m", "facility_lost"); c.Doubt != "" {
		t.Errorf("the other sees half of it too, and the doubt is %q", c.Doubt)
	}
}

// The second voice makes it known that there is more than one: who waits for it is told at that instant.
func TestASecondVoiceTakesTheDoubtAway(t *testing.T) {
	h := watch(t, besieged)
	h.on("holdfast.alerts.a", "0s", down("c1"), siteLost)
	h.on("holdfast.alerts.b", "0s", down("c1"))
	_, before := h.Reading(at("10m"))
	h.on("holdfast.alerts.b", "11m", siteLost)
	if c := h.criterion("11m", "facility_lost"); c.Doubt != "" {
		t.Errorf("both say so, and the doubt is %q", c.Doubt)
	}
	if _, after := h.Reading(at("11m")); after == before {
		t.Error("nobody would notice that both say so now")
	}
}

// What is lost by one voice is lost for whoever looks for a place to go to, and not enough to choose what is done by a rule.
func TestWhoAsksIsToldThatADomainIsLostByOneVoiceAlone(t *testing.T) {
	h := watch(t, besieged)
	h.on("holdfast.alerts.a", "0s", siteLost)
	f := h.FactsAt(at("1m"))
	if !f.DomainLost("north") || !strings.Contains(f.Alone("north"), "only a says that north is lost") {
		t.Errorf("north is lost: %v, alone: %q", f.DomainLost("north"), f.Alone("north"))
	}
	h.on("holdfast.alerts.b", "2m", siteLost)
	if why := h.FactsAt(at("2m")).Alone("north"); why != "" {
		t.Errorf("both say so: %q", why)
	}
	if why := watch(t, besieged).FactsAt(at("1m")).Alone("north"); why != "" {
		t.Errorf("nobody says anything: %q", why)
	}
}

// Data that somebody has tampered with is in its copies too: whatever else is lost, and whoever says so, people decide.
func TestWhereDataIsCompromisedNothingIsDeclaredWithoutAPerson(t *testing.T) {
	const house = `
observers: {a: {speaks_on: [holdfast.alerts.a]}, b: {speaks_on: [holdfast.alerts.b]}}
components: {c: {observers: [a, b], quorum: 2}}
processes: {shop: {vital: true, rto: 2h, mtpd: 8h, rtc: 30m, needs: [s]}}
services: {s: {rtc: 30m, needs: [c], data: {ledger: {rpo: 5m}}}}
`
	h := watch(t, house)
	for _, who := range []string{"a", "b"} {
		h.on("holdfast.alerts."+who, "0s", down("c"), about("data", "ledger", "effect", "compromised"))
	}
	for _, id := range []string{"decision_point", "data_loss"} {
		if c := h.criterion("100m", id); c.Answer != detector.Met || !strings.Contains(c.Doubt, "ledger is signalled compromised") {
			t.Errorf("%s is %s, the doubt %q", id, c.Answer, c.Doubt)
		}
	}
	for _, who := range []string{"a", "b"} {
		h.on("holdfast.alerts."+who, "101m", labelled(alert.Resolved, "data", "ledger", "effect", "compromised"))
	}
	if c := h.criterion("102m", "decision_point"); c.Answer != detector.Met || c.Doubt != "" {
		t.Errorf("it is well again: decision_point is %s, the doubt %q", c.Answer, c.Doubt)
	}
}
