package detector

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// remade is what a detector makes anew of what it has heard, and of the text it judges by.
var remade = []string{"book", "watching", "owners", "count", "views", "plain", "known", "felt", "mended", "judged", "troubled", "stale", "touched", "shaken", "scene", "tallies", "alone", "last", "readings"}

// A field that is added, and not written, is lost from one life of a daemon to the next: observers that spoke where they do
// not speak were.
func TestWhateverADetectorHasHeardIsWritten(t *testing.T) {
	text, err := os.ReadFile("paper.go")
	if err != nil {
		t.Fatal(err)
	}
	for kind, left := range map[reflect.Type][]string{reflect.TypeFor[Detector](): remade, reflect.TypeFor[Heard](): nil, reflect.TypeFor[Stray](): nil} {
		for n := range kind.NumField() {
			name := kind.Field(n).Name
			if !slices.Contains(left, name) && !strings.Contains(string(text), "."+name) {
				t.Errorf("%s.%s is not written: write it in paper.go, or say that it is made anew", kind.Name(), name)
			}
		}
	}
}
