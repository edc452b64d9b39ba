package playbooks

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// house is where things stand: domain -> components.
var house = map[string][]string{
	"fra1":      {"pay-fra-1", "pay-fra-2", "ledger-db-fra"},
	"ams2":      {"pay-ams-1", "ledger-db-ams"},
	"edr-agent": {"pay-fra-1", "pay-ams-1"},
}

func situation(roots, lost []string) Situation {
	return Situation{
		Services: []string{"payments-api"},
		Roots:    roots,
		Lost:     func(domain string) bool { return slices.Contains(lost, domain) },
		Domain:   func(domain string) []string { return house[domain] },
	}
}

func playbook(id string, priority int, f For) *Playbook {
	return &Playbook{ID: id, Priority: priority, For: f}
}

// drawn is what Match says, a line each.
func drawn(fits []Fit) []string {
	var out []string
	for _, f := range fits {
		line := f.Playbook.ID + ": fits"
		if !f.Fits {
			line = fmt.Sprintf("%s: %v", f.Playbook.ID, f.Missing)
		}
		out = append(out, line)
	}
	return out
}

func TestAPlaybookFitsWhenItsSiteIsLost(t *testing.T) {
	p := playbook("to-ams", 0, For{Services: []string{"payments-api"}, Lost: []string{"fra1"}, NotWhenLost: []string{"ams2"}})
	got := drawn(Match([]*Playbook{p}, situation([]string{"pay-fra-1", "pay-ams-1"}, []string{"fra1"})))
	if diff := cmp.Diff([]string{"to-ams: fits"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPlaybookFitsWhenAllThatFailedIsInItsSite(t *testing.T) {
	p := playbook("to-ams", 0, For{Services: []string{"payments-api"}, Lost: []string{"fra1"}})
	got := drawn(Match([]*Playbook{p}, situation([]string{"pay-fra-1", "ledger-db-fra"}, nil)))
	if diff := cmp.Diff([]string{"to-ams: fits"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPlaybookForARootComponentFits(t *testing.T) {
	p := playbook("mend-ledger", 0, For{Services: []string{"ledger-db-fra"}})
	got := drawn(Match([]*Playbook{p}, situation([]string{"ledger-db-fra"}, nil)))
	if diff := cmp.Diff([]string{"mend-ledger: fits"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsMissingIsSaidTheNearestFirst(t *testing.T) {
	all := []*Playbook{
		playbook("other", 99, For{Services: []string{"payroll"}}),
		playbook("to-nowhere", 50, For{Services: []string{"payments-api"}, Lost: []string{"fra1", "ams2"}, NotWhenLost: []string{"edr-agent"}}),
		playbook("to-ams", 10, For{Services: []string{"payments-api"}, Lost: []string{"fra1"}, NotWhenLost: []string{"edr-agent"}}),
	}
	got := drawn(Match(all, situation([]string{"pay-fra-1", "pay-ams-1"}, []string{"fra1", "edr-agent"})))
	want := []string{
		"to-ams: [it needs edr-agent, which is lost]",
		"to-nowhere: [it recovers from the loss of ams2, which is not lost: pay-fra-1 failed outside of it it needs edr-agent, which is lost]",
		"other: [it is for payroll, and not for payments-api]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhereNoVitalServiceIsLostAPlaybookSaysSo(t *testing.T) {
	nothing := situation(nil, nil)
	nothing.Services = nil
	got := drawn(Match([]*Playbook{playbook("other", 0, For{Services: []string{"payroll"}})}, nothing))
	if diff := cmp.Diff([]string{"other: [it is for payroll, and no vital service is lost]"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAmongThoseThatFitPriorityThenIdDecides(t *testing.T) {
	f := For{Services: []string{"payments-api"}}
	all := []*Playbook{playbook("b", 5, f), playbook("c", 9, f), playbook("a", 5, f)}
	if diff := cmp.Diff([]string{"c: fits", "a: fits", "b: fits"}, drawn(Match(all, situation(nil, nil)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheOrderOfPlaybooksDoesNotDependOnTheOrderTheyAreReadIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		domain := rapid.SampledFrom([]string{"fra1", "ams2", "edr-agent"})
		service := rapid.SampledFrom([]string{"payments-api", "payroll", "pay-fra-1"})
		all := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) *Playbook {
			return playbook(rapid.StringMatching("[a-d]{1,2}").Draw(t, "id"), rapid.IntRange(0, 2).Draw(t, "priority"), For{
				Services:    rapid.SliceOfN(service, 1, 2).Draw(t, "services"),
				Lost:        rapid.SliceOfN(domain, 0, 2).Draw(t, "lost"),
				NotWhenLost: rapid.SliceOfN(domain, 0, 2).Draw(t, "not when lost"),
			})
		}), 0, 8, func(p *Playbook) string { return p.ID }).Draw(t, "playbooks")
		s := situation(
			rapid.SliceOfDistinct(rapid.SampledFrom([]string{"pay-fra-1", "pay-ams-1", "ledger-db-fra"}), rapid.ID).Draw(t, "roots"),
			rapid.SliceOfDistinct(domain, rapid.ID).Draw(t, "lost"),
		)
		want := drawn(Match(all, s))
		got := drawn(Match(rapid.Permutation(all).Draw(t, "in another order"), s))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		ours := Match(all, s)
		if len(ours) > 0 && !ours[0].elsewhere {
			ours = slices.DeleteFunc(ours, func(f Fit) bool { return f.elsewhere })
		}
		if diff := cmp.Diff(drawn(ours), drawn(Nearest(all, s))); diff != "" {
			t.Fatalf("the nearest are not those that come first of all: (-want +got):\n%s", diff)
		}
		fitting := true
		for _, f := range Match(all, s) {
			if f.Fits != (len(f.Missing) == 0) || f.Fits && !fitting {
				t.Fatalf("%s fits=%v with %v missing, after one that does not fit", f.Playbook.ID, f.Fits, f.Missing)
			}
			fitting = f.Fits
		}
	})
}
