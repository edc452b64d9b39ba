package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"holdfast/bia"
	"holdfast/detector/alert"
	"holdfast/internal/source"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// Documents are the texts that a house lives by, read and found free of errors.
type Documents struct {
	BIA       *bia.Analysis
	People    *oncall.Roster // nil where nobody wrote a people.yaml: roles and people are free names
	Playbooks []*playbooks.Playbook
	Files     map[string]string // as the journal keeps them: people.yaml with ids, roles and turns alone
	Digest    string            // of Files

	mappings []*alert.Mapping // of BIA, compiled
}

// The files of a continuity directory, by their paths in it.
const (
	fileBIA      = "bia.yaml"
	filePeople   = "people.yaml"
	dirPlaybooks = "playbooks"
)

// ParseDocuments reads the texts of a continuity directory: bia.yaml, people.yaml (which may be missing), playbooks/*.yaml.
// Problems are those of all files at once, in reading order; with an error among them the documents must not be used.
func ParseDocuments(files map[string]string) (*Documents, source.Problems) {
	d := &Documents{Files: map[string]string{}}
	var problems source.Problems
	if _, ok := files[fileBIA]; !ok {
		problems.Errorf(source.Mark{Position: source.Position{File: fileBIA}}, "documents/no-bia",
			"write one, or name the directory that has it", "there is no bia.yaml, so nothing could be judged")
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		problems = append(problems, d.read(name, files[name])...)
	}
	problems = append(problems, d.compileMappings()...)
	problems = append(problems, d.sameIDs()...)
	problems = append(problems, d.link(problems)...)
	problems = append(problems, d.unknownRoles()...)
	d.Digest = digestOf(d.Files)
	return d, once(problems.Sorted())
}

// link puts what playbooks invoke into them. Where one of them cannot be read there is nothing to put in.
func (d *Documents) link(before source.Problems) (problems source.Problems) {
	if before.HasErrors() {
		return nil
	}
	linked, problems := playbooks.Link(d.Playbooks)
	if !problems.HasErrors() {
		d.Playbooks = linked
	}
	return problems
}

// once leaves out a problem that is told again of a playbook within another.
func once(sorted source.Problems) source.Problems {
	return slices.CompactFunc(sorted, func(a, b source.Problem) bool {
		return a.Position == b.Position && a.Rule == b.Rule && a.Message == b.Message
	})
}

// again are these documents, if they are what was adopted; nil: they are not. Of the people the journal has ids, roles and
// turns alone, and so has who lives by the journal.
func (d *Documents) again(e DocumentsAdopted) (*Documents, source.Problems) {
	if d == nil || d.Digest != e.Digest || !maps.Equal(d.Files, e.Files) {
		return nil, nil
	}
	docs := *d
	text, written := e.Files[filePeople]
	if !written {
		return &docs, nil
	}
	var problems source.Problems
	docs.People, problems = oncall.Parse(filePeople, []byte(text))
	return &docs, problems
}

func (d *Documents) read(name, text string) (problems source.Problems) {
	d.Files[name] = text
	switch {
	case name == fileBIA:
		d.BIA, problems = bia.Parse(name, []byte(text))
	case name == filePeople:
		d.People, problems = oncall.Parse(name, []byte(text))
		d.Files[name] = string(oncall.Redact([]byte(text)))
	case path.Dir(name) == dirPlaybooks && path.Ext(name) == ".yaml":
		var p *playbooks.Playbook
		p, problems = playbooks.Parse(name, []byte(text))
		d.Playbooks = append(d.Playbooks, p)
	default:
		problems.Errorf(source.Mark{Position: source.Position{File: name}}, "documents/unknown-file",
			"bia.yaml, people.yaml and playbooks/*.yaml are read", "this is none of the documents")
	}
	return problems
}

// sameIDs reports playbooks that could not be told apart.
func (d *Documents) sameIDs() (problems source.Problems) {
	first := map[string]*playbooks.Playbook{}
	for _, p := range d.Playbooks {
		if p.ID == "" {
			continue
		}
		if other, taken := first[p.ID]; taken {
			problems.Errorf(p.Marks.Of("playbook"), "documents/duplicate-playbook", "give one of the two another id",
				"%s already has a playbook called %q", other.File, p.ID)
			continue
		}
		first[p.ID] = p
	}
	return problems
}

// unknownRoles reports roles that nobody in people.yaml has: a page to them would reach nobody.
func (d *Documents) unknownRoles() (problems source.Problems) {
	if d.People == nil || len(d.People.Roles) == 0 {
		return nil
	}
	roles := slices.Sorted(maps.Keys(d.People.Roles))
	check := func(at source.Mark, role string) {
		if role != "" && !slices.Contains(roles, role) {
			problems.Errorf(at, "documents/unknown-role", source.DidYouMean(role, roles), "people.yaml has no role %q", role)
		}
	}
	if d.BIA != nil {
		l := d.BIA.Declaration
		check(l.Marks.Of("authority"), l.Authority)
		for i, role := range l.Successors {
			check(l.Marks.Of(fmt.Sprintf("successors[%d]", i)), role)
		}
		for i, role := range l.Responders {
			check(l.Marks.Of(fmt.Sprintf("responders[%d]", i)), role)
		}
		for _, r := range l.Reporting {
			if r.Marks.Has("role") {
				check(r.Marks.Of("role"), r.Role)
			}
			for i, role := range r.Escalate {
				if r.Marks.Has("escalate") {
					check(r.Marks.Of(fmt.Sprintf("escalate[%d]", i)), role)
				}
			}
		}
		for i, role := range l.Rehearsers {
			check(l.Marks.Of(fmt.Sprintf("rehearsers[%d]", i)), role)
		}
	}
	for _, p := range d.Playbooks {
		for _, m := range p.Roles() {
			check(m.At, m.Name)
		}
	}
	return problems
}

// playbook finds a playbook by id.
func (d *Documents) playbook(id string) (*playbooks.Playbook, bool) {
	for _, p := range d.Playbooks {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

func (d *Documents) playbookIDs() (ids []string) {
	for _, p := range d.Playbooks {
		ids = append(ids, p.ID)
	}
	return ids
}

// digestOf names a set of texts: "sha256:" and hex over names and texts in order of name.
func digestOf(files map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%d %s\n%d\n%s\n", len(name), name, len(files[name]), files[name])
	}
	sum := sha256.Sum256([]byte(b.String()))
	return "sha256:" + hex.EncodeToString(sum[:])
}
