// Package schemas holds the JSON Schemas of the documents that a user writes, so that editors complete and check them,
// and of the report that holdfast writes. They are generated from the code that reads and writes them; a test holds the
// files to it.
package schemas

import _ "embed"

// The schemas, by the document that they describe.
var (
	//go:embed bia.schema.json
	BIA []byte // bia.yaml
	//go:embed people.schema.json
	People []byte // people.yaml
	//go:embed playbook.schema.json
	Playbook []byte // playbooks/*.yaml
	//go:embed config.schema.json
	Config []byte // holdfast.yaml
	//go:embed report.schema.json
	Report []byte // what `holdfast report -o json` writes
)
