package incident

import (
	"runtime"
	"testing"
)

func TestTheSameDocumentsAreReadOnceForAsLongAsSomebodyLivesByThem(t *testing.T) {
	docs, _ := ParseDocuments(acme())
	e := DocumentsAdopted{Digest: docs.Digest, Files: docs.Files}
	first, problem := inForce.documents(e)
	if problem != "" {
		t.Fatal(problem)
	}
	if again, _ := inForce.documents(e); again != first {
		t.Error("they were read once more")
	}
	if of, _ := inForce.documents(DocumentsAdopted{Digest: "sha256:another", Files: docs.Files}); of == first || of.Digest != "sha256:another" {
		t.Errorf("what was adopted as another text is taken for the same: %s", of.Digest)
	}
	runtime.KeepAlive(first)

	first = nil
	runtime.GC()
	runtime.GC()
	inForce.mu.Lock()
	defer inForce.mu.Unlock()
	if inForce.held[e.Digest+digestOf(e.Files)].Value() != nil {
		t.Error("nobody lives by them, and they are kept")
	}
}

func TestWhatCannotBeReadIsNotRemembered(t *testing.T) {
	e := DocumentsAdopted{Digest: "sha256:broken", Files: map[string]string{fileBIA: "services: 7"}}
	for range 2 {
		if docs, problem := inForce.documents(e); docs != nil || problem == "" {
			t.Errorf("it was read: %v, %q", docs, problem)
		}
	}
}
