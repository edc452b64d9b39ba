package invoker

import (
	"context"
	"time"
)

// Waits around what is known of the alert log.
const (
	presentFor  = 2 * time.Second // how long it is believed, after a look, that all that waits has been heard
	presentTime = 2 * time.Second // that a look may take
)

// present reports whether what has been heard is all there is to hear. The ears learn only from the next message that they were
// cut off from the alert log: until it comes, an outage that ended meanwhile looks as if it went on. So whoever has not looked
// for a while looks at the end of the log before anything is decided. Where it cannot be looked at, nothing is.
func (v *Invoker) present(ctx context.Context) bool {
	if !v.current() {
		looking, cancel := v.stage.Timeout(ctx, presentTime)
		defer cancel()
		begun := v.stage.Now()
		head, err := v.cfg.AlertsHead(looking)
		if err != nil {
			v.blind = v.blind || v.standing().JournalError == ""
			v.journalFails(err)
			return false
		}
		if v.looked, v.owed = begun, head; v.blind { // that an append failed, an append takes back
			v.blind = false
			v.journalWorks()
		}
	}
	return v.heardTo >= v.owed
}

// current reports whether the last look at the end of the alert log still counts.
func (v *Invoker) current() bool {
	return v.cfg.AlertsHead == nil || v.stage.Now().Sub(v.looked) < presentFor
}
