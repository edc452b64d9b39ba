package bia_test

import (
	"fmt"
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

func TestAQuorumThatTooFewCanSignIsSaid(t *testing.T) {
	const key = "key: \"j0mPTGhFDuCbmcfYEhUb2Y0rEyJWXfVfQ3cQCrcZKZo=\""
	for name, c := range map[string]struct {
		observers, of, require string
		quorum                 int
		says                   string
	}{
		"two sign, and it takes two":             {"{p: {" + key + "}, q: {" + key + "}}", "[p, q]", "true", 2, ""},
		"one signs, and it takes two":            {"{p: {" + key + "}, q: {}}", "[p, q]", "true", 2, "of the observers of web 1 can sign where it takes 2: its loss is never declared without a person"},
		"the other is holdfast itself":           {"{p: {" + key + "}, q: {own: true}}", "[p, q]", "true", 2, "of the observers of web 1 can sign where it takes 2"},
		"the one that signs sees something else": {"{p: {" + key + "}, q: {}}", "[q]", "true", 1, "of the observers of web 0 can sign where it takes 1"},
		"one signs, and one is enough":           {"{p: {" + key + "}, q: {}}", "[p, q]", "true", 1, ""},
		"nobody asks for signatures":             {"{p: {" + key + "}, q: {}}", "[p, q]", "false", 2, ""},
	} {
		_, problems := bia.Parse("bia.yaml", []byte(fmt.Sprintf("organisation: A shop\nservices: {shop: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [web]}, aside: {needs: [lamp]}}\n"+
			"components: {web: {observers: %s, quorum: %d}, lamp: {observers: [q]}}\nobservers: %s\ndeclaration: {authority: chief, mode: automatic, automatic_for: [decision_point], require: {signed: %s}}\n", c.of, c.quorum, c.observers, c.require)))
		var found []string
		for _, p := range problems {
			if p.Rule == "bia/unsigned" {
				found = append(found, p.Message)
			}
		}
		if text := strings.Join(found, "; "); (c.says == "") != (text == "") || !strings.Contains(text, c.says) || len(found) > 1 {
			t.Errorf("%s: %q\n%v", name, text, problems)
		}
	}
}
