package incident

import (
	"strings"
	"testing"
)

func TestTheDocumentsOfAHouseAreReadTogether(t *testing.T) {
	docs, problems := ParseDocuments(acme())
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	equal(t, docs.BIA.Organisation, "Acme Payments")
	equal(t, len(docs.People.People), 6)
	equal(t, docs.Playbooks[0].ID, "failover-to-ams2")
}

func TestAllProblemsOfAllFilesComeAtOnce(t *testing.T) {
	files := acme()
	files["bia.yaml"] += "nonsense: 1\n"
	files["people.yaml"] += "nonsense: 2\n"
	files["playbooks/failover.yaml"] += "nonsense: 3\n"
	files["playbooks/again.yaml"] = acmeFailover
	files["notes.txt"] = "hello"
	_, problems := ParseDocuments(files)
	var where []string
	for _, p := range problems {
		if p.Severity == "error" {
			where = append(where, p.File+" "+p.Rule)
		}
	}
	equal(t, where, []string{
		"bia.yaml document/unknown-key",
		"notes.txt documents/unknown-file",
		"people.yaml document/unknown-key",
		"playbooks/failover.yaml documents/duplicate-playbook",
		"playbooks/failover.yaml document/unknown-key",
	})
}

func TestWithoutABIANothingCanBeJudged(t *testing.T) {
	_, problems := ParseDocuments(map[string]string{})
	if !problems.HasErrors() || problems[0].Rule != "documents/no-bia" {
		t.Errorf("accepted: %v", problems)
	}
}

func TestARoleThatNobodyHasIsAProblem(t *testing.T) {
	files := with(t, acme(), "bia.yaml", "successors: [head-of-operations]", "successors: [head-of-operation]")
	files = with(t, files, "bia.yaml", "  mode: recommend", "  mode: recommend\n  responders: [facility-desk]")
	files = with(t, files, "playbooks/failover.yaml", "role: on-call-pay, within", "role: on-call-pai, within")
	_, problems := ParseDocuments(files)
	says(t, problems.Error(), "documents/unknown-role", `no role "head-of-operation"`, `did you mean "head-of-operations"?`, `no role "on-call-pai"`, `no role "facility-desk"`)
	delete(files, "people.yaml")
	if _, problems := ParseDocuments(files); problems.HasErrors() {
		t.Errorf("without a roster roles are free names: %v", problems)
	}
}

func TestTheDigestIsOfWhatTheJournalKeeps(t *testing.T) {
	secret := "sha256:" + strings.Repeat("ab", 32)
	files := with(t, acme(), "people.yaml", "alice: {}", "alice: {name: Alice Example, token_hash: \""+secret+"\"}")
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	equal(t, docs.People.People["alice"].Token, secret)
	for _, word := range []string{secret, "Alice Example"} {
		if strings.Contains(docs.Files["people.yaml"], word) {
			t.Errorf("the journal keeps %q", word)
		}
	}
	plain, _ := ParseDocuments(acme())
	equal(t, docs.Digest, plain.Digest)
	replayed, problems := ParseDocuments(docs.Files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	equal(t, replayed.Digest, docs.Digest)
	equal(t, replayed.People.Line("incident-director", t0), []string{"alice", "bob"})

	other, _ := ParseDocuments(with(t, acme(), "bia.yaml", "rto: 2h, mtpd", "rto: 3h, mtpd"))
	if other.Digest == plain.Digest {
		t.Error("another text has the same digest")
	}
}

func TestDocumentsThatWereReadAlreadyAreNotReadOnceMore(t *testing.T) {
	docs, _ := ParseDocuments(acme())
	adopted := Record{At: t0, Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: Actor{Rule: "start"}}}
	knowing, reading := NewDesk(), NewDesk()
	knowing.Know(docs)
	knowing.Apply(adopted)
	reading.Apply(adopted)
	if knowing.Documents().BIA != docs.BIA {
		t.Error("they were read once more")
	}
	if reading.Documents().BIA == docs.BIA {
		t.Error("nobody told the other desk of them")
	}
	if got, want := asJSON(t, knowing.Documents().People), asJSON(t, reading.Documents().People); got != want {
		t.Errorf("it knows more of the people than stands in the log:\n%s\nand\n%s", got, want)
	}

	another := acme()
	another["bia.yaml"] = strings.Replace(another["bia.yaml"], "Acme Payments", "Acme Loans", 1)
	loans, _ := ParseDocuments(another)
	knowing.Apply(Record{At: t0, Event: DocumentsAdopted{Digest: loans.Digest, Files: loans.Files, By: Actor{Rule: "reload"}}})
	equal(t, knowing.Documents().BIA.Organisation, "Acme Loans")
}
