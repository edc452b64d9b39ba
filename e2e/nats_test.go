package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheSameWithANATSServerOfOnesOwn(t *testing.T) {
	server := filepath.Join(t.TempDir(), "nats-server")
	if out, err := exec.Command("go", "build", "-o", server, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("build nats-server: %v\n%s", err, out)
	}
	dir := t.TempDir()
	port, monitor := freePort(t), freePort(t)
	write(t, dir, "nats.conf", fmt.Sprintf(`
listen: "127.0.0.1:%d"
http: "127.0.0.1:%d"
jetstream { store_dir: %q, sync_interval: always }
`, port, monitor, filepath.Join(dir, "js")))
	start(t, "nats-server", server, "-c", filepath.Join(dir, "nats.conf"))
	answers(t, fmt.Sprintf("http://127.0.0.1:%d/healthz?js-enabled-only=true", monitor))

	s := openShop(t)
	h := serve(t, s, fmt.Sprintf("{url: \"nats://127.0.0.1:%d\"}", port))
	monitoring(t, s, h)
	recoverTheShop(t, s, h)
}
