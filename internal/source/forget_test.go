package source

import "testing"

type forgetful struct {
	Marks Marks `doc:",marks"`
	Name  string
	Parts map[string]*forgetful
	List  []forgetful
	Next  *forgetful
}

func TestADocumentForgetsThePlacesOfItsWordsAndNothingElse(t *testing.T) {
	place := Marks{"name": {Position: Position{File: "f", Line: 1, Column: 1}}}
	of := func(name string) *forgetful { return &forgetful{Marks: place, Name: name} }
	d := of("all")
	d.Parts, d.List, d.Next = map[string]*forgetful{"a": of("a")}, []forgetful{*of("b")}, of("c")
	d.Next.Next = d // round and round
	Forget(d)
	for _, part := range []*forgetful{d, d.Parts["a"], &d.List[0], d.Next} {
		if part.Marks != nil || part.Name == "" {
			t.Errorf("left of a part: %q with %v", part.Name, part.Marks)
		}
	}
}
