# Two commands to start with: `make demo` classifies sample photographs, `make test` runs the fast tests.
SWIFT ?= swift
# One release build serves the demo, the tests and the benchmarks.
BUILD = $(SWIFT) build -c release --static-swift-stdlib
CLI = .build/release/kinglet

.PHONY: demo test release conformance bench embedded format setup install clean

demo: release
	$(CLI) classify -v Samples

# The executable on its own, without debug information.
release: setup
	$(BUILD) --product kinglet
	@mkdir -p build && strip -o build/kinglet $(CLI)
	@ls -l build/kinglet | awk '{print "build/kinglet:", $$5 / 1e6, "MB"}'

# Every fast test, and the layering: a target that imports what it does not name as a dependency does not build.
test: setup
	$(SWIFT) build -c release --build-tests --explicit-target-dependency-import-check error
	$(SWIFT) test -c release --skip-build

conformance: release
	conformance/run.sh

bench: release
	Benchmarks/run.sh

embedded:
	cross/embedded.sh

format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

setup:
	@scripts/setup.sh

PREFIX ?= /usr/local
install: release
	install -D build/kinglet $(DESTDIR)$(PREFIX)/bin/kinglet
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	build/kinglet --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kinglet

clean:
	rm -rf .build build
