// Command bento is the peer of row 15: Bento with no more of its components than the row needs (JetStream and what is
// pure), so that a small machine can build it. The engine, the JetStream input and output and the mapping are its own.
package main

import (
	"context"

	_ "github.com/warpstreamlabs/bento/public/components/nats"
	_ "github.com/warpstreamlabs/bento/public/components/pure"
	"github.com/warpstreamlabs/bento/public/service"
)

func main() { service.RunCLI(context.Background()) }
