# holdfast: `make` says what there is.
.DEFAULT_GOAL := help
GO ?= go
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint

.PHONY: help build test race fuzz lint demo e2e rules cover bench sim planted torture soak clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./holdfast
	$(GO) build -trimpath -o holdfast ./cmd/holdfast

test: ## all tests: no service, browser or network needed
	$(GO) test ./...

# The race detector is about the ways that code takes, so of the properties of incidents, which take the longest, a fifth of the cases
# do; all are tried without it. They compute, the rest mostly waits for daemons. What vet finds, it finds without -race too.
RACE := $(GO) test -race -shuffle=on -vet=off -timeout 20m
PROPERTIES := $(GO) list -f '{{$$p := .ImportPath}}{{range .TestImports}}{{if eq . "pgregory.net/rapid"}}{{println $$p}}{{end}}{{end}}{{range .XTestImports}}{{if eq . "pgregory.net/rapid"}}{{println $$p}}{{end}}{{end}}' ./... | sort -u
race: ## the same under the race detector, in shuffled order
	@rest=$$($(GO) list ./... | grep -vx holdfast/incident) || exit 1; \
	  $(RACE) $$rest & waits=$$!; nice -n 10 $(RACE) ./incident -rapid.checks=20; computes=$$?; wait $$waits && exit $$computes

FUZZTIME ?= 20s
fuzz: ## fuzz every parser for FUZZTIME (20s, or a count as 10000x) each
	@GO="$(GO)" tools/fuzz $(FUZZTIME)

lint: ## go vet, gofmt and golangci-lint
	$(GO) vet ./... && $(GO) vet -tags planted ./sim
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }
	$(LINT) run --allow-parallel-runners ./...
	@set -e; for module in torture bench; do \
	  echo "== lint $$module"; (cd $$module && $(GO) tool -modfile=../tools/go.mod golangci-lint run --allow-parallel-runners -c ../.golangci.yml ./...); done

demo: ## lose a site and recover it, live, in under 90 seconds
	$(GO) run ./cmd/holdfast demo

rules: ## check the Prometheus alert rules and their tests (needs promtool)
	promtool check rules deploy/prometheus/rules.yml
	promtool test rules deploy/prometheus/rules_test.yml

e2e: ## real Alertmanager, Prometheus and promtool against a built holdfast (they must be installed)
	cd e2e && $(GO) test -count=1 -timeout 15m ./...

bench: ## measure beside the peers and the raw limits (PEERS=none: without peers; BENCH_FULL=1: all sizes; BENCH="-rows 4,6")
	cd bench && $(GO) run . -json bench.json $(if $(BENCH_FULL),-backtest 10000000 -peer-active 1000000) $(BENCH)

# What CI does in minutes, and what a soak does on the same commit. TORTURE="-kill 20 -v" does something else.
TORTURE ?= -kill 150 -cut 15 -rot 40 -stop 15 -failover 10 -linear 3000 -full 1 -partition 3 -versions 1 -mixed 1 -clock 2 -slow 1 -load 2m
TORTURE_SOAK = -kill 1000 -cut 60 -rot 200 -stop 200 -failover 50 -linear 50000 -full 5 -partition 60 -versions 20 -mixed 20 -clock 20 -slow 5 -load 10m
torture: ## kill real daemons, break their stores, and hold what anybody was told against the logs (needs root)
	$(GO) test -count=1 -tags failpoint ./internal/failpoint
	cd torture && $(GO) test -count=1 . && $(GO) run . -json torture.json $(TORTURE)

CHECKS ?= 2000
soak: ## hours: ten minutes of fuzzing for each parser, properties by the thousand, the full torture, the full bench
	$(MAKE) fuzz FUZZTIME=10m
	@set -e; for p in $$($(PROPERTIES)); do \
	  echo "== properties of $$p"; $(GO) test -count=1 -timeout 3h $$p -rapid.checks=$(CHECKS); done
	$(MAKE) sim SEEDS=3540 # a hundred years
	$(MAKE) planted
	$(MAKE) torture TORTURE="$(TORTURE_SOAK)"
	$(MAKE) bench BENCH_FULL=1

SEEDS ?= 100
sim: ## play SEEDS worst weeks of a house in virtual time; a seed that fails prints the command that repeats it
	$(GO) test -count=1 -timeout 0 ./sim -run Whatever -v -seeds $(SEEDS)

planted: ## plant one fault after the other into the daemon, and have the simulation find each
	$(GO) test -count=1 -timeout 0 -tags planted ./sim -run Planted -v

cover: ## statement coverage by package
	$(GO) test -cover ./...

clean: ## remove what was built
	rm -rf holdfast bench/.cache bench/bench.json torture/torture.json
