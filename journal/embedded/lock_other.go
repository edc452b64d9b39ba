//go:build !unix

package embedded

import (
	"errors"
	"os"
)

// lockNow would have to keep two daemons apart; where it cannot, none is started.
func lockNow(*os.File) error {
	return errors.New("this system has no lock that ends with the process: use a nats-server of your own")
}
