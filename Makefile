# Everything a person needs to build, run and check Sereno. The work is in .ci/ (see .ci/README.md).
.DEFAULT_GOAL := help
.PHONY: help run build test dev bench audit fuzz

TARGET := $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/release/sereno
# What goes into the binary; a folder counts too, for it changes when a file in it comes or goes.
SOURCES := $(shell find Cargo.toml Cargo.lock .cargo app frontend migration public server style \
	\( -name node_modules -o -name tests -o -name bench -o -name fuzz \) -prune -o -print)

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

run: $(BINARY) ## build, then serve on http://127.0.0.1:3000 with the data in ./data
	$(BINARY) serve

build: $(BINARY) ## build the one release binary, the site inside

$(BINARY): $(SOURCES)
	.ci/build

test: ## everything that must be green: format, lints, tests on SQLite and PostgreSQL, browser, licences
	.ci/test

dev: ## build, serve and reload on every change
	.ci/dev

bench: $(BINARY) ## measure the release binary
	.ci/bench $(BINARY)

audit: ## ask the advisory database about our dependencies (needs the network)
	.ci/audit

fuzz: ## run the fuzz targets, each for FUZZ_SECONDS (60)
	.ci/fuzz
