package bia_test

import (
	"strings"
	"testing"

	"holdfast/bia"
)

func TestAKeyIsAnEd25519PublicKeyOrAProblem(t *testing.T) {
	const good = "j0mPTGhFDuCbmcfYEhUb2Y0rEyJWXfVfQ3cQCrcZKZo="
	for name, c := range map[string]struct{ observers, require, says string }{
		"a key":                    {"{p: {key: \"" + good + "\"}}", "true", ""},
		"no key, none wanted":      {"{p: {}}", "false", ""},
		"no base64":                {"{p: {key: nonsense!}}", "false", "no Ed25519 public key"},
		"too short":                {"{p: {key: aGFsZg==}}", "false", "no Ed25519 public key"},
		"wanted, and nobody signs": {"{p: {}}", "true", "nothing would ever be declared without a person"},
	} {
		_, problems := bia.Parse("bia.yaml", []byte("organisation: A shop\nservices: {shop: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [web]}}\ncomponents: {web: {observers: [p]}}\nobservers: "+
			c.observers+"\ndeclaration: {authority: chief, mode: automatic, automatic_for: [decision_point], require: {signed: "+c.require+"}}\n"))
		var found []string
		for _, p := range problems {
			if p.Rule == "bia/key" {
				found = append(found, p.Message)
			}
		}
		if text := strings.Join(found, "; "); (c.says == "") != (text == "") || !strings.Contains(text, c.says) {
			t.Errorf("%s: %q", name, text)
		}
	}
}
