# `make` alone lists what there is to make. Debian 12; what installs packages wants root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# Where rustup puts Rust, for shells that were not told.
export PATH := $(PATH):$(HOME)/.cargo/bin

# What `make test` runs, in this order; the files included below add theirs.
CHECKS := lint deny unit arm

# What is started in the background before them: it takes long, and the checks leave processors idle.
AHEAD :=

# Checks that are run at the same time, after the others: each emulates a processor, and keeps one busy.
BESIDE := app-test plug-check

# Tests that need more than Rust: each has a target of its own.
APART := arm foreign_tunnel full_disk tunnel_lifecycle soak sync sync_uplink

.PHONY: help
help: ## This list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort \
	    | while IFS=$$'\t' read -r target text; do \
	        printf '  make %-16s %s\n' "$$target" "$$text"; done

.PHONY: setup
setup: ## Install what is missing: Debian packages, and Rust where there is none
	@cross/setup

.PHONY: build
build: ## The program for this machine: target/release/temoin
	cargo build --locked --release --package temoin

.PHONY: cross
cross: ## The program for the box (ARMv7): build/armv7/temoin
	@cross/build

# What needs Rust alone.
define CODE
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --workspace $(addprefix --test ,$(APART)) -- -D warnings
	cargo check --quiet --manifest-path tests/fuzz/Cargo.toml --target-dir target
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --lib --quiet
endef

.PHONY: check
check: deny ## Before each commit, without root: format, lints, documents, unit tests, dependencies
	$(CODE)
	cargo test --locked --workspace --lib --bins --quiet

.PHONY: lint
lint: ## Format, lints, documents, scripts
	$(CODE)
	find .ci board cross tests -type f -exec awk '/^#!\/bin\/(ba)?sh/ { print FILENAME } { nextfile }' \
	    {} + | xargs shellcheck --external-sources

DENY := build/tools/bin/cargo-deny

# Unoptimised, it is built in a third of the time, and runs for seconds.
$(DENY):
	cargo install --locked --quiet --debug --version 0.20.2 --root build/tools cargo-deny

.PHONY: deny
deny: $(DENY) ## The dependencies: which may be there, their licences, where they come from
	$(DENY) --locked check bans licenses sources

.PHONY: unit
unit: ## The tests that need no root: Rust, a text browser and PostgreSQL are enough
	cargo test --locked --workspace --lib --bins \
	    $(addprefix --test ,$(filter-out $(APART),$(basename $(notdir $(wildcard tests/*.rs)))))

.PHONY: arm
arm: cross ## The box's program, run on an emulated ARM processor
	cargo test --locked --test arm -- --ignored

.PHONY: clean
clean: ## Remove what was built; the downloaded compiler stays in build/toolchain
	cargo clean
	rm -rf build/armv7 build/cross build/fuzz

-include tests/browser/browser.mk
-include tests/lab/lab.mk
-include tests/app/app.mk
-include tests/bench/bench.mk
-include tests/fuzz/fuzz.mk
-include tests/conformance/conformance.mk
-include board/board.mk

# What `make night` runs; the files included above add theirs.
NIGHT += import-large

.PHONY: import-large
import-large: setup ## Accounting of 1.8 million rows, within the memory that an import may take
	cargo test --locked --release --package temoin-operator --test operator_radacct_memory \
	    -- --ignored --nocapture --test-threads 1

.PHONY: night
night: $(NIGHT) ## What is too slow for `make test` (root; an hour)

.PHONY: beside
beside: setup
	@MAKE=$(MAKE) tests/beside $(BESIDE)

.PHONY: test
test: setup $(AHEAD) $(filter-out $(BESIDE),$(CHECKS)) beside ## Everything that must pass; installs what it needs
