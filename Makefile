# Two commands do everything: `make run` and `make test`. Each installs what is missing first.

export CARGO_TERM_COLOR ?= auto
vitrine := target/release/vitrine

.PHONY: help run test check bench fuzz build models demo-check demo-media screenshots

help:
	@echo "make run          install what is missing, build, start the demo show on http://localhost:8080"
	@echo "make test         install what is missing, check and test everything"
	@echo "make check        format, lints, licences, types (part of make test)"
	@echo "make bench        measure the media engine against its goals, about five minutes"
	@echo "make fuzz         explore the parsers of strangers' bytes for a minute each"
	@echo "make demo-check   from start to a sale in a real browser, timed"
	@echo "make demo-media   render the demo show's clip again from its catalogue"
	@echo "make screenshots  take the README's pictures again"

run: models
	exec $(vitrine) demo

test:
	@.ci/test

check:
	@.ci/setup test
	@.ci/build
	@.ci/check

bench: build
	target/release/load bench --json target/bench.json

fuzz:
	@.ci/fuzz

build:
	@.ci/setup run
	@.ci/build

models: build
	@$(vitrine) models fetch

demo-check:
	@.ci/setup test
	@.ci/build
	@$(vitrine) models fetch
	@.ci/demo-check

demo-media:
	@.ci/demo-media

screenshots: models
	@.ci/setup test
	@npm run --prefix client-web --silent screenshots
