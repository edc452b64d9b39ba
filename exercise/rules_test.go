package exercise

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"holdfast/playbooks"
)

// shown is where a scenario shows what a word of the playbook language does: the file, and what its story says of it.
type shown struct{ file, says string }

// rules of the playbook language, each with the scenario in which it decides something: "Step.retry" is a key,
// "Step.repeat: never" one of its values. A key that is new has no line here, and the test says so.
var rules = map[string]shown{
	"Playbook.playbook": {"site-lost", "invoked the playbook move-ledger-south"}, "Playbook.for": {"target-lost-too", "NO PLAYBOOK FITS"},
	"Playbook.priority":      {"asks-first", "invoked the playbook switch for shop as run 1"},
	"Playbook.exclusive":     {"superseded", "rebuild cannot start: run 1 of shop-0105 (move for shop) still goes on"},
	"Playbook.rtc":           {"exercised-full", "RTC met (23m of 40m)"},
	"Playbook.unattended":    {"checks", "Step switch of run 1 is done."},
	"Playbook.preconditions": {"asks-first", "since it needs copy up, which is down"},
	"Playbook.abort":         {"aborted", "By hand: See that the queue is not read twice."},
	"Playbook.steps":         {"site-lost", "Step page of run 1 started"},
	"Playbook.exercise":      {"exercised-full", "the playbook leaves it out of exercises"},
	"Playbook.edited_by":     {"two-at-once", "edited the playbook last (edited_by)"},
	"For.services":           {"two-at-once", "invoked the playbook rebuild for shop"}, "For.lost": {"site-lost", "invoked the playbook move-ledger-south"},
	"For.not_when_lost":                  {"target-lost-too", "which is lost"},
	"Precondition.component_up":          {"asks-first", "it needs copy up, which is down"},
	"Precondition.recovery_point_within": {"library/restore-from-backup", "invoked the playbook restore-from-backup"},
	"Precondition.else":                  {"asks-first", "it starts only if incident-director says so"},
	"Precondition.else: ask":             {"asks-first", "it starts only if incident-director says so"},
	"RecoveryPointWithin.data":           {"library/restore-from-backup", "recovery_point 2026-03-02T03:00:00Z"},
	"RecoveryPointWithin.age":            {"library/restore-from-backup", "invoked the playbook restore-from-backup"},
	"Exercise.skip":                      {"exercised-full", "Step customers of run 1 was left out: the playbook leaves it out of exercises"},
	"Exercise.cleanup":                   {"exercised-full", "Step demote of run 2 is done"},

	"Step.id": {"site-lost", "Step fence of run 1"}, "Step.phase": {"never-both-sites", "Step back of run 1 started"},
	"Step.after":  {"site-lost", "Step fence of run 1 started"},
	"Step.notify": {"site-lost", "It is to tell on-call-pay, incident-director"},
	"Step.do":     {"conditions", "It is to restore from the tape"}, "Step.decide": {"nobody-answers", "declined step go of run 1"},
	"Step.run": {"conditions", "It is to request pumps.start"}, "Step.verify": {"conditions", "Step look-again of run 1 is done"},
	"Step.wait":                       {"checks", "Step settle of run 1 is done"},
	"Step.invoke":                     {"conditions", "It is to invoke the playbook switch-copy"},
	"Step.when":                       {"checks", "Step pretend of run 1 was left out by the rule when: run.exercise != '' is false"},
	"Step.only":                       {"conditions", "it is done in exercises only"},
	"Step.only: exercise":             {"conditions", "Step pretend of run 1 was left out by the rule only"},
	"Step.needs":                      {"conditions", "it needs copy, which is lost"},
	"Step.fallback":                   {"conditions", "switch.slow is done instead"},
	"Step.message":                    {"library/restore-from-backup", "Do not restart or repair anything yet"},
	"Step.ack":                        {"nobody-answers", "acknowledged step page of run 1"},
	"Step.role":                       {"two-at-once", "shop-1 told"},
	"Step.approvals":                  {"asked-again", "1 of 2 have"},
	"Step.four_eyes":                  {"two-at-once", "needs somebody else's eyes"},
	"Step.escalate":                   {"nobody-answers", "head-of-operations is told (operations-1)"},
	"Step.answers":                    {"answers-refused", "has to be"},
	"Step.evidence":                   {"checks", "it requires evidence"},
	"Step.within":                     {"nobody-answers", "Step go of run 1 still waits; incident-director is told (director-2)"},
	"Step.timeout":                    {"stuck", "Step switch of run 1 timed out"},
	"Step.expect":                     {"forecast-late", "forecast"},
	"Step.retry":                      {"failures", "Step dial of run 1 started, attempt 3."},
	"Step.backoff":                    {"failures", "Step dial of run 1 failed: engaged; again at 2026-01-05 08:06:23Z."},
	"Step.jitter":                     {"failures", "Step dial of run 1 failed: engaged; again at 2026-01-05 08:05:31Z."},
	"Step.on_failure":                 {"failures", "The rule on_failure: undo aborted run 1"},
	"Step.on_failure: pause":          {"failures", "Step dial of run 1 failed: engaged"},
	"Step.on_failure: escalate":       {"failures", "Step drain of run 1 failed: a valve sticks."},
	"Step.on_failure: continue":       {"failures", "Step banner of run 1 failed: nobody misses it.\n           Step drain of run 1 started."},
	"Step.on_failure: undo":           {"failures", "The rule on_failure: undo aborted run 1"},
	"Step.repeat":                     {"failures", "Step pump of run 1 started, attempt 2."},
	"Step.repeat: safe":               {"failures", "Step pump of run 1 timed out: no answer in time; again at"},
	"Step.repeat: ask":                {"checks", "Step switch of run 1 is done."},
	"Step.repeat: never":              {"checks", "promote must not be repeated (repeat: never)"},
	"Step.failed_means":               {"failures", "Run 1 ended: undone."},
	"Step.failed_means: maybe_done":   {"failures", "The undo of step move of run 1 is in doubt"},
	"Step.failed_means: nothing_done": {"failures", "Step copy of run 1 was left out by director-1 (incident-director): there is another.\n           Step move"},
	"Step.undo":                       {"aborted", "Step fence of run 1 is undone"},
	"Step.returns_to":                 {"never-both-sites", "it goes back to north, which is not known to be well"},
	"Step.point_of_no_return":         {"aborted", "(no way back)"},
	"Step.milestone":                  {"checks", "Step checked of run 1 is done"},
	"Undo.run":                        {"aborted", "The undo of step fence of run 1 started"}, "Undo.timeout": {"asked-again", "undone by command release"},
	"Undo.retry": {"aborted", "The undo of step drain of run 1 failed: the queue is locked."}, "Undo.backoff": {"asked-again", "undone by"},
	"Undo.repeat": {"asked-again", "undone by"},
	"Ack.role":    {"nobody-answers", "on-call-shop is told (shop-2)"}, "Ack.within": {"nobody-answers", "Step page of run 1 still waits"},
	"Ack.escalate": {"nobody-answers", "head-of-operations is told (operations-1)"},
	"Run.http":     {"asked-again", "It is to PUT https://backup.internal/shops/shop/newest"},
	"Run.nats":     {"conditions", "It is to request pumps.start"}, "Run.exec": {"asked-again", "It is to command restore wal-17"},
	"HTTP.url": {"asked-again", "/shops/shop/newest?for=shop-0105"}, "HTTP.method": {"asked-again", "It is to PUT https"},
	"HTTP.header": {"asked-again", `X-Run: "1"`}, "HTTP.body": {"asked-again", `{"asked":"2026-01-05T08:05:00Z"}`},
	"HTTP.expect":  {"checks", "Step healthy of run 1 failed: 503"},
	"HTTP.reply":   {"checks", "which is not what the playbook wants it to say"},
	"NATS.subject": {"conditions", "request pumps.start"}, "NATS.header": {"checks", "It is to request shop.switch"},
	"NATS.request": {"approvals-lapse", `request shop.switch {"copy":"up","hall":"west"}`},
	"NATS.reply":   {"checks", "Step switch of run 1 is done."},
	"Exec.command": {"asked-again", "command open-shop"}, "Exec.args": {"asked-again", `command restore ["wal-17"]`},
	"Exec.env":       {"asked-again", `SHOP: "shop"`},
	"Verify.service": {"checks", "verify that shop is fully up for 5m"}, "Verify.at": {"checks", "verify that shop is fully up for 5m"},
	"Verify.for":  {"checks", "      20m  Step sold of run 1 is done."},
	"Verify.http": {"checks", "verify: GET https://shop.internal/health"}, "Verify.nats": {"checks", "verify: request shop.lag"},
	"Verify.prometheus": {"checks", "verify that sum(rate(orders_total[1m])) is at least 20 and at most 900"},
	"Verify.every":      {"checks", "Step healthy of run 1 is done"},
	"Prometheus.url":    {"checks", "verify that count(leader) is exactly 1"}, "Prometheus.query": {"checks", "verify that count(leader) is exactly 1"},
	"Prometheus.header": {"checks", "Step enough of run 1 is done"}, "Prometheus.at_least": {"checks", "is at least 20"},
	"Prometheus.at_most": {"checks", "at most 900"}, "Prometheus.equals": {"checks", "is exactly 1"},

	// Beyond single keys.
	"an expression that nobody can answer":             {"value-missing", "nothing was sent"},
	"what is needed and not seen":                      {"needs-unknown", "nobody can see whether that is lost"},
	"approvals lapse when what they are for changes":   {"approvals-lapse", "was for something else and no longer counts"},
	"what is known only later is asked once more":      {"asked-again", "asked once more since what restore would do is known only now"},
	"a value of the clock is sent as it was shown":     {"asked-again", `{"asked":"2026-01-05T08:05:00Z"}`},
	"an assertion stops a step":                        {"never-both-sites", "was NOT carried out"},
	"two people overrule an assertion":                 {"overruled", "it takes a second person to overrule"},
	"a disarm stops machines and not people":           {"disarmed", "Step write of run 1 started"},
	"an abort undoes in reverse":                       {"aborted", "Run 1 ended: aborted."},
	"the rest is offered when all is back":             {"back-by-itself", "a person may leave out the rest"},
	"a stale acknowledgement is re-armed":              {"silent-after-ack", "counts as not taken"},
	"a step without a time escalates by the slack":     {"answers-refused", "It is to look at the damage, by 2h2m30s"},
	"a step is handed over":                            {"hand-over", "taking it over from"},
	"who cannot be reached is passed by":               {"unreachable", "could not reach"},
	"a notice that reaches nobody has failed":          {"unreachable", "Step tell of run 1 failed: nobody of caretakers could be reached"},
	"the run goes on behind it":                        {"unreachable", "could be reached: no channel reached them.\n           Step look of run 1 started"},
	"a playbook is superseded between two steps":       {"superseded", "Run 1 ended: superseded."},
	"an exercise is interrupted by a disaster":         {"exercised-interrupted", "THE EXERCISE IS OVER"},
	"a forecast says that an objective is at risk":     {"forecast-late", "may come back too late for its rto"},
	"a playbook within has preconditions of its own":   {"within", "is not for this"},
	"a person without the role may not":                {"exercised-full", "pay-1 may not order an exercise"},
	"an answer is checked":                             {"answers-refused", `"wather" is not one of power, water or fire`},
	"a decline ends its branch":                        {"nobody-answers", "Step restore of run 1 was left out by the rule declined: go was declined"},
	"nothing goes back to a side that is not well":     {"never-both-sites", "back cannot be approved"},
	"a report to an authority is a clock of its own":   {"reporting", "law-1 (compliance) made the report regulator-initial"},
	"an absent person is passed by":                    {"away", "Step go of run 1 started: director-3 told"},
	"a level that falls takes no declaration with it":  {"level-falls", "Classified event until the outage has ended: tracking below MBCO, shop degraded; no criterion holds now.\n           Standing down is recommended"},
	"what is done by a person counts as done":          {"checks", "Step promote of run 1 is done, by director-1"},
	"the same step answered twice is refused with who": {"conditions", "was already done by electrician-1"},
}

// said of a plan, and decides nothing while it runs: readiness speaks of these.
var onlySaid = []string{"Playbook.version", "Playbook.title", "Playbook.owner", "Playbook.approved_by", "Playbook.approved_on",
	"Playbook.next_review", "Playbook.loss", "Exercise.every"}

func TestEveryRuleOfThePlaybookLanguageIsExercisedByAScenario(t *testing.T) {
	spoken := map[string]bool{}
	for _, document := range []any{playbooks.Playbook{}, playbooks.For{}, playbooks.Precondition{}, playbooks.RecoveryPointWithin{}, playbooks.Exercise{}, playbooks.Step{},
		playbooks.Undo{}, playbooks.Ack{}, playbooks.Run{}, playbooks.HTTP{}, playbooks.NATS{}, playbooks.Exec{}, playbooks.Verify{}, playbooks.Prometheus{}} {
		of := reflect.TypeOf(document)
		for n := range of.NumField() {
			if key, _, _ := strings.Cut(of.Field(n).Tag.Get("doc"), ","); key != "" {
				spoken[of.Name()+"."+key] = true
			}
		}
	}
	for _, rule := range onlySaid {
		delete(spoken, rule)
	}
	for rule := range spoken {
		if _, is := rules[rule]; !is {
			t.Errorf("no scenario exercises %s: write one into testdata, and say here what its story tells of it", rule)
		}
	}
	for rule, where := range rules {
		written, story := textOf(t, where.file+".txtar"), textOf(t, where.file+".story")
		if library, shipped := strings.CutPrefix(where.file, "library/"); shipped {
			written += textOf(t, "../../playbooks/library/"+library+".yaml")
		}
		if key, value, one := strings.Cut(rule, ": "); spoken[key] {
			_, name, _ := strings.Cut(key, ".")
			pattern := `(?m)(^|[\s{,-])` + regexp.QuoteMeta(name) + `:`
			if one {
				pattern += `\s*` + regexp.QuoteMeta(value)
			}
			if !regexp.MustCompile(pattern).MatchString(written) {
				t.Errorf("%s: %s.txtar does not write it", rule, where.file)
			}
		}
		if !strings.Contains(story, where.says) {
			t.Errorf("%s: the story of %s does not tell %q", rule, where.file, where.says)
		}
	}
}

func textOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
