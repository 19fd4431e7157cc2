# Two commands to start with: `make demo` classifies sample photographs, `make test` runs the fast tests.
SWIFT ?= swift
CLI = build/kinglet

.PHONY: demo test armnn armnn-test release conformance bench bench-arm cross embedded sanitize format setup install clean

demo: release
	$(CLI) classify -v Samples
	$(CLI) attack Models/cifar10.onnx Samples -o build/demo --epsilon 4/255 --versus Models/cifar10-hardened-4.onnx
	@echo "build/demo/sheet.png shows each photograph, the change that fools the built-in model ten times as strong, and the result;"
	@echo "beside it the same against a hardened model: see the kingfisher"

# The executable that is shipped: static standard library, no debug information.
release: setup
	SWIFT="$(SWIFT)" scripts/release.sh

# Every fast test, and the layering: a target that imports what it does not name as a dependency does not build.
test: setup
	$(SWIFT) build -c release --build-tests --explicit-target-dependency-import-check error
	$(SWIFT) test -c release --skip-build

# With offload: beside the executable lies the shared object that reaches Arm NN, where that is installed.
armnn: export KINGLET_ARMNN = 1
armnn: release
	scripts/armnn.sh build

# Installs Arm NN on Debian, or says that it tests nothing.
armnn-test: setup
	scripts/armnn-test.sh

conformance: release
	KINGLET=$(CURDIR)/$(CLI) conformance/run.sh

bench: release
	Benchmarks/run.sh

# Instructions of one inference on 64-bit Arm, beside other runtimes; no times.
bench-arm:
	Benchmarks/arm/run.sh

# One 64-bit and one 32-bit Arm board, built and run under qemu.
cross:
	cross/ci.sh

embedded:
	cross/embedded.sh

# The tests under the address, undefined-behaviour and thread checkers: slow, and each has a build of its own.
sanitize: setup
	scripts/sanitize.sh

format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

setup:
	@scripts/setup.sh

PREFIX ?= /usr/local
install: release
	install -D $(CLI) $(DESTDIR)$(PREFIX)/bin/kinglet
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	if [ -e build/libkinglet-armnn.so ]; then install -D -t $(DESTDIR)$(PREFIX)/lib/kinglet build/libkinglet-armnn.so; fi
	$(CLI) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kinglet

clean:
	rm -rf .build .build-* build
