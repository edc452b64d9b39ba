package source_test

import (
	"path/filepath"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"holdfast/internal/source"
)

// FuzzDecode looks for a text that makes decoding or drawing panic, or a mark that points outside of the text.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	for _, text := range []string{
		"", "? a\n: b\n", "- ? x\n", "name: [b: 1, {c}, {d: }]\n", "? |\n  k\n: v\n", "body: {a: {b: [c, {d: 'e''f'}]},}\n",
		"name: \"a\n  b\"\ntags: [a, # c\n  b]\n", "\uFEFFname: x", "name: x\r\rcount: 1", "%YAML 1.2\n---\nname: x", "name: &a *a",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p plan
		problems := source.Decode("plan.yaml", text, &p)
		if !utf8.ValidString(problems.Error()) && utf8.Valid(text) {
			t.Error("drawn in broken UTF-8")
		}
		for key, m := range p.Marks {
			within(t, key, m)
		}
		for _, problem := range problems {
			if problem.Line > 0 {
				within(t, problem.Rule, problem.Mark)
			}
		}
	})
}

func within(t *testing.T, what string, m source.Mark) {
	t.Helper()
	if m.Line < 1 || m.Column < 1 || m.Width < 1 {
		t.Errorf("%q is marked at line %d, column %d, width %d", what, m.Line, m.Column, m.Width)
	}
	if room := utf8.RuneCountInString(m.Text) - m.Column + 1; room > 0 && m.Width > room {
		t.Errorf("%q is underlined beyond its line: column %d, width %d of %q", what, m.Column, m.Width, m.Text)
	}
}
