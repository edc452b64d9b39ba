package playbooks

import (
	"embed"
	"path"
	"slices"
	"strings"
)

//go:embed library/*.yaml
var libraryFiles embed.FS

// A Template is a playbook that ships, to start one's own from: its names and addresses are examples, and its comments say
// what to fill in.
type Template struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	About string `json:"about"` // the first line of its comment
	Text  string `json:"text"`
}

// Library are the playbooks that ship, in order of name.
func Library() (all []Template) {
	files, err := libraryFiles.ReadDir("library")
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	for _, f := range files {
		text, err := libraryFiles.ReadFile(path.Join("library", f.Name()))
		if err != nil {
			panic(err)
		}
		t := Template{Name: strings.TrimSuffix(f.Name(), ".yaml"), Text: string(text)}
		first, _, _ := strings.Cut(t.Text, "\n")
		t.About = strings.TrimSpace(strings.TrimPrefix(first, "#"))
		if p, problems := Parse(f.Name(), text); !problems.HasErrors() {
			t.Title = p.Title
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Template) int { return strings.Compare(a.Name, b.Name) })
	return all
}
