//go:build !failpoint

package failpoint_test

import (
	"testing"

	"holdfast/internal/failpoint"
)

func TestWithoutTheTagNothingHappens(t *testing.T) {
	failpoint.Hit("journal/stored", "whatever")
	if err := failpoint.Fail("journal/stored"); err != nil {
		t.Error(err)
	}
}
