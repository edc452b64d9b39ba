package schemas_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
	"holdfast/cmd/holdfast/config"
	"holdfast/internal/source"
	"holdfast/oncall"
	"holdfast/playbooks"
	"holdfast/schemas"
)

var update = flag.Bool("update", false, "write the schemas anew")

// documents are what there is a schema of.
var documents = []struct {
	name, title, dir string
	document         any
	shipped          []byte
}{
	{"bia", "bia.yaml: the business impact analysis", "../bia", bia.Analysis{}, schemas.BIA},
	{"people", "people.yaml: people, roles and rotas", "../oncall", oncall.Roster{}, schemas.People},
	{"playbook", "playbooks/*.yaml: a playbook", "../playbooks", playbooks.Playbook{}, schemas.Playbook},
	{"config", "holdfast.yaml: the configuration of the daemon", "../cmd/holdfast/config", config.Config{}, schemas.Config},
}

func TestTheSchemasAreWhatTheCodeReads(t *testing.T) {
	for _, d := range documents {
		want := source.Schema(d.title, d.document, comments(t, d.dir))
		if *update {
			if err := os.WriteFile(d.name+".schema.json", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), string(d.shipped)); diff != "" {
			t.Errorf("%s.schema.json is not what the code reads; run go test ./schemas -update (-code +file):\n%s", d.name, diff)
		}
	}
}

// comments tell what the structs and fields of a package mean, in the words of its source.
func comments(t *testing.T, dir string) source.Describe {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	said := map[string]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, s := range g.Specs {
					remember(said, s.(*ast.TypeSpec), g.Doc)
				}
			}
			return true
		})
	}
	return func(owner reflect.Type, field string) string {
		name := owner.Name()
		if _, known := said[name]; !known {
			name = strings.ToUpper(strings.TrimPrefix(name, "written")[:1]) + strings.TrimPrefix(name, "written")[1:]
		}
		return said[name+strings.TrimSuffix("."+field, ".")]
	}
}

func remember(said map[string]string, s *ast.TypeSpec, doc *ast.CommentGroup) {
	st, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	said[s.Name.Name] = plain(doc)
	for _, f := range st.Fields.List {
		for _, name := range f.Names {
			said[s.Name.Name+"."+name.Name] = plain(f.Comment)
		}
	}
}

// plain is a comment as a sentence for whoever writes the document: without the links of Go.
func plain(c *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(c.Text()), " ")
	return strings.NewReplacer("[Parse]", "holdfast", "[", "", "]", "").Replace(text)
}
