package incident

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/journal"
)

// An organisation of a hundred thousand components can be lived by: its analysis fits into one envelope.
func TestALargeAnalysisGoesIntoTheJournalPackedAndComesOutAsItWas(t *testing.T) {
	var text strings.Builder
	text.WriteString("organisation: large\ncomponents:\n")
	for c := range 100_000 {
		fmt.Fprintf(&text, "  c%d: {site: f%d, class: k%d, observers: [prom-a,prom-b]}\n", c, c/100, c%5)
	}
	e := DocumentsAdopted{Digest: "sha256:00", Files: map[string]string{"bia.yaml": text.String(), "people.yaml": "people: {}\n"}, By: Actor{Rule: "start"}}
	_, data, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > journal.MaxEnvelope-4<<10 {
		t.Errorf("it takes %d bytes", len(data))
	}
	if _, again, _ := Encode(e); string(again) != string(data) {
		t.Error("the same texts are packed in another way")
	}
	back, err := Decode(KindDocumentsAdopted, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff[:min(len(diff), 500)])
	}
}

func TestSmallDocumentsStandInTheJournalAsText(t *testing.T) {
	_, data, err := Encode(DocumentsAdopted{Digest: "sha256:00", Files: map[string]string{"bia.yaml": "organisation: Acme\n"}})
	if err != nil || !strings.Contains(string(data), `"bia.yaml":"organisation: Acme\n"`) {
		t.Errorf("%v: %s", err, data)
	}
}

func TestWhatWasNeverPackedIsAnError(t *testing.T) {
	for name, packed := range map[string][]byte{"no gzip": []byte("files"), "broken off": {0x1f, 0x8b, 8}} {
		data, _ := json.Marshal(adopted{Packed: packed})
		if _, err := Decode(KindDocumentsAdopted, data); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
