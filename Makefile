# One set of flags for everything, so that Kubernetes is compiled once.
#
# faketime, simk   run on the virtual clock (sim/clock)
# -overlay         the runtime files derived by sim/clock/overlay
# -pgo             what is hot, measured: see the target profile
# -checklinkname   lets sim/controlplane reach variables of upstream's
export GOTOOLCHAIN ?= go1.26.8
export CGO_ENABLED := 0

OVERLAY := $(CURDIR)/build/overlay/overlay.json
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
VIRTUAL := -tags=faketime,simk -overlay=$(OVERLAY) -pgo=$(CURDIR)/sim/bench/simk.pgo
LINK    := -ldflags='-checklinkname=0 -X simk.dev/simk/sim.Version=$(VERSION)'
BUF     := github.com/bufbuild/buf/cmd/buf@v1.75.0
CHARTS  := sim/report/html/charts
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Go and the linters keep what they make in the home directory, if there is one.
ifeq ($(HOME),)
export GOPATH ?= $(CURDIR)/build/path
export GOCACHE ?= $(CURDIR)/build/cache
export GOLANGCI_LINT_CACHE ?= $(CURDIR)/build/lint
endif

.PHONY: build run test test-users cases scenarios bench soak soak-memory conformance profile vet lint golden fuzz generate clean kubernetes cross charts

build: $(OVERLAY)  ## build ./simk
	go build $(VIRTUAL) $(LINK) -o simk .

run: build  ## replay the sample trace and print the summary
	./simk replay testdata/trace.json

test: $(OVERLAY)  ## all tests, in virtual time
	go test $(VIRTUAL) -ldflags=-checklinkname=0 -timeout 0 -count 1 -p 1 -parallel 1 ./...

test-users: $(OVERLAY)  ## as root: what simk does where another user of the machine attacks
	go test $(VIRTUAL) -ldflags=-checklinkname=0 -timeout 0 -count 1 -run '^Test(Attacks|RuntimeDir|HeldLock|StrangersSocket|LinkOfAStranger|Writes)$$' ./sim/cli

# CASES=DIR names a folder of other cases.
CASES ?=
cases: $(OVERLAY)  ## small inputs with the answer that a cluster gives, a line each
	CASES=$(if $(CASES),$(abspath $(CASES))) go test $(VIRTUAL) -ldflags=-checklinkname=0 -timeout 0 -count 1 -v -run '^Test(Autoscaler)?Cases$$' ./sim/cli

# N=200 says how many.
N ?= 100
scenarios: $(OVERLAY)  ## clusters made at random under the cluster autoscaler, and what must always hold
	SCENARIOS=$(N) go test $(VIRTUAL) -ldflags=-checklinkname=0 -timeout 0 -count 1 -run '^TestScenarios$$' ./sim/cli

golden: $(OVERLAY)  ## rewrite the files that tests compare with
	go test $(VIRTUAL) -ldflags=-checklinkname=0 -timeout 0 -count 1 ./sim/report ./sim/upstream ./sim/cli -update

# The fuzzer of the go command needs real time, so that this is a build without the
# tags. Readers of traces do without Kubernetes' servers: it takes some minutes once.
FUZZTIME ?= 20s
fuzz:  ## fuzz each reader for FUZZTIME
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' tracer | sed 's,/[^/]*:func , ,' | sort | while read -r dir target; do \
		echo "$$dir $$target"; \
		go test ./$$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s || exit 1; done

generate:  ## Go code of the .proto files; no protoc is needed
	go run $(BUF) generate

bench: build  ## measure; prints one table and writes bench.json
	go run ./sim/bench -simk ./simk -json bench.json

# CLIENTS=20 WATCHES=50 MINUTES=1 make it smaller.
CLIENTS ?= 200
WATCHES ?= 50
MINUTES ?= 10
soak: build  ## clients that come and go at simk up; one must not notice the other
	go run ./sim/soak -simk ./simk -clients $(CLIENTS) -watches $(WATCHES) -for $(MINUTES)m

# An hour of the cluster's time, which passes as fast as it can.
PODS ?= 20
soak-memory: build  ## pods that come and go at simk up; its memory must not grow
	go run ./sim/soak -simk ./simk -pods $(PODS) -for 60m

# ARGS are more flags, such as -known-images or -run REGEXP.
conformance: build  ## Kubernetes' own conformance tests against simk up; an hour
	go run ./sim/conformance -simk ./simk $(ARGS)

# Needs perf and addr2line (Debian: linux-perf, binutils) and some minutes. The profile may be
# of an older simk; make it anew when `make bench` gains by it.
PROFILED := burst-1200 lives day wave
profile: build  ## measure what is hot, for the compiler
	mkdir -p build/profile
	go build -o build/profile/bench ./sim/bench
	go build -o build/profile/convert ./sim/bench/profile
	GOBIN=$(CURDIR)/build/profile go install github.com/google/pprof@latest
	for row in $(PROFILED); do \
		perf record -q -F 99 -g -o build/profile/perf.data -- build/profile/bench -run "^$$row\$$" && \
		perf script -i build/profile/perf.data -F comm,ip | build/profile/convert > build/profile/$$row.pb.gz || exit 1; done
	build/profile/pprof -proto -symbolize=local -output=build/profile/named.pb.gz simk $(PROFILED:%=build/profile/%.pb.gz)
	build/profile/convert -clean < build/profile/named.pb.gz > build/profile/simk.pgo
	mv build/profile/simk.pgo sim/bench/simk.pgo

vet: $(OVERLAY)  ## go vet with the build's own flags
	go vet $(VIRTUAL) ./...

# The linter asks the go command for packages compiled without a profile, which would be
# all of Kubernetes once more. It does not read what differs.
define PROFILED_GO
#!/bin/sh
for a; do shift; [ "$$a" = -pgo=off ] || set -- "$$@" "$$a"; done
exec '$(shell command -v go)' "$$@"
endef
export PROFILED_GO

lint: vet $(OVERLAY)  ## vet and golangci-lint
	test -x build/golangci-lint || GOBIN=$(CURDIR)/build go install $(LINT)
	mkdir -p build/profiled && echo "$$PROFILED_GO" > build/profiled/go && chmod +x build/profiled/go
	PATH=$(CURDIR)/build/profiled:$$PATH GOFLAGS='$(VIRTUAL)' build/golangci-lint run --allow-parallel-runners

# The command lines of other systems; nothing here can run what they make.
cross: $(OVERLAY)  ## compile for macOS and for Linux on arm64
	GOOS=darwin GOARCH=arm64 go build $(VIRTUAL) $(LINK) -o build/simk-darwin-arm64 .
	GOOS=linux GOARCH=arm64 go build $(VIRTUAL) $(LINK) -o build/simk-linux-arm64 .

# make kubernetes V=1.37.3 moves everything to another Kubernetes version.
kubernetes:
	@test -n "$(V)" || { echo 'usage: make kubernetes V=1.37.3' >&2; exit 1; }
	go get k8s.io/kubernetes@v$(V)
	@minor=$$(echo $(V) | cut -d. -f2-); \
	for m in $$(sed -n 's,^	\(k8s.io/[a-z-]*\) => .*,\1,p' go.mod); do \
		go mod edit -replace $$m=$$m@v0.$$minor; done
	sed -i.bak 's/^const KubeletVersion = .*/const KubeletVersion = "v$(V)"/' vnode/nodeobject.go && rm vnode/nodeobject.go.bak
	go mod tidy

# Only to move to another version, which package.json and notice.js name. Needs npm.
charts:  ## build the chart library of report.html anew
	mkdir -p build/charts
	cp $(CHARTS)/package.json $(CHARTS)/entry.js build/charts
	cd build/charts && npm install --no-package-lock --no-audit --no-fund && \
		npx esbuild entry.js --bundle --minify --format=iife --global-name=echarts --target=es2020 --outfile=echarts.js
	cat $(CHARTS)/notice.js build/charts/echarts.js > $(CHARTS)/echarts.min.js

$(OVERLAY): $(wildcard sim/clock/overlay/*.go)
	mkdir -p build
	echo 'module build' > build/go.mod # keeps ./... out of it
	go run ./sim/clock/overlay build/overlay

clean:
	chmod -R u+w build
	rm -rf build simk bench.json
