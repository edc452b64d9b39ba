package actions_test

import (
	"testing"

	"holdfast/invoker/actions"
)

func TestASecretInAnAddressIsNotToldByWhatRefusesIt(t *testing.T) {
	target, err := actions.AllowedURL(nil, "https://hooks.example.org/T0PS3CRET")
	if err == nil || err.Error() != "https://hooks.example.org:443 is not on the allow-list of holdfast.yaml (actions: http: allow)" {
		t.Errorf("told %v", err)
	}
	if line, err := actions.ParseTarget(target.String()); err != nil || line != target {
		t.Errorf("%s is no line of the allow-list: %v", target, err)
	}
	if target, err := actions.AllowedURL(nil, "ftp://hooks.example.org/"); err == nil || target != (actions.Target{}) {
		t.Errorf("ftp leads to %s: %v", target, err)
	}
}

func TestASubjectOfHoldfastIsRefusedWhateverIsAllowed(t *testing.T) {
	if actions.AllowedSubject([]string{">"}, "holdfast.log.0") == nil {
		t.Error("a step could write into the log of decisions")
	}
	if err := actions.AllowedSubject([]string{"ledger.>"}, "ledger.south.promote"); err != nil {
		t.Error(err)
	}
}
