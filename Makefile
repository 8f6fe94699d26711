# SPDX-License-Identifier: GPL-2.0-or-later
# Fulcrum: one stick lifts a whole cluster. `make help` lists what can be done.
MAKEFLAGS += -rR --warn-undefined-variables --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash
O ?= build
T ?=
V ?=
STAY ?= 1
ONLY ?=
CUTS ?=
FUZZ_SECONDS ?= 10
PACKAGES ?=
# `make clean` removes what is below it: it must be one place, and never none (which would be /).
ifneq ($(words $(O)),1)
$(error O is "$(O)": one directory without white space is wanted)
endif
ifeq ($(abspath $(O)),/)
$(error O is the root directory)
endif
export O V
sdk := buildscripts/sdk-run
mk := make -f installer/build.mk -j2 O=build $(if $(V),V=1)

.PHONY: help setup demo test check vm soak bench repro iso run screens programs unit fuzz lint docs clean distclean

help: ## this list
	@echo "Fulcrum: from one stick to a site of checked machines."
	@echo
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  O=DIR      where everything is built (build)        V=1  show commands"
	@echo "  T=NAME     which VM test (make vm)                  STAY=0  make demo ends by itself"
	@echo "  CUTS=N     so many power cuts (make bench)          ONLY=\"cuts plan\"  these parts of the bench alone"
	@echo "  PACKAGES=FILE  make iso with exactly the packages of a packages.manifest"
	@echo "  FIRMWARE=0     make iso without firmware and microcode"

setup: ## install what the host needs (or say exactly what to install)
	@buildscripts/setup-host

demo: iso ## the whole line in QEMU, with a live view; leaves both machines up until Ctrl-C
	@STAY=$(STAY) tests/demo

test: fast iso ## fast tests, the image, the VM tests; ends with N passed, N failed
	@tests/run build
	@tests/run vm
	@tests/run --summary

check: fast ## the fast part, no VM: compilers, lint, unit, plan, image and API tests under sanitizers
	@tests/run --summary

.PHONY: fast
fast: sdk lint
	@tests/run --reset
	@$(sdk) $(mk) DEVELOPER=1 tests programs
	@$(sdk) $(mk) DEVELOPER=1 CC=clang programs
	@$(sdk) $(mk) DEVELOPER=1 SAN=1 CC=clang tests programs
	@tests/run fast

vm: iso ## one VM test: make vm T=line (tests/vm/run --list names them)
	@tests/vm/run $(T)

soak: iso ## what make test leaves out for its length: an image of more than 4 GiB, a node's life, three nodes at a time, a sweep of kills, ...
	@$(sdk) tests/soak/large.sh
	@tests/vm/run $$(tests/vm/run --list soak)

bench: iso ## the budgets, measured: a table, and build/bench.json
	@ONLY="$(ONLY)" CUTS="$(CUTS)" tests/bench/run

repro: iso ## the same ISO a second time, elsewhere, by another user, at another time; compared bit by bit
	@tests/build/repro

iso: sdk programs ## build/fulcrum.iso, its SBOM, and signed digests of both
	@buildscripts/build-iso

run: iso ## boot the stick in a VM with this terminal as its serial console
	@tests/vm/interactive

screens: programs ## the text screens as pictures, in build/screens
	@$(sdk) tests/screens

programs: sdk ## the C programs, in build/bin
	@$(sdk) $(mk) programs

unit: sdk ## unit tests only
	@$(sdk) $(mk) DEVELOPER=1 SAN=1 CC=clang tests
	@tests/run unit

fuzz: sdk ## every parser of foreign bytes, FUZZ_SECONDS=10 each
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run

lint: setup ## shellcheck, layers, style
	@buildscripts/check-shell
	@buildscripts/check-layers
	@buildscripts/check-style

docs: programs ## reference page and JSON Schema of the site file, in build/docs
	@mkdir -p $(O)/docs
	@$(sdk) build/bin/fulcrum-install reference >$(O)/docs/site-file.md
	@$(sdk) build/bin/fulcrum-install schema >$(O)/docs/site.schema.json

.PHONY: sdk
sdk: setup
	@$(if $(PACKAGES),buildscripts/pin-packages $(PACKAGES))
	@buildscripts/mk-sdk

clean: ## drop what was built; keep the package cache, the SDK and the keys
	@rm -rf $(filter-out $(O)/cache $(O)/sdk $(O)/keys,$(wildcard $(O)/*))

distclean: ## drop everything
	@rm -rf $(O)
