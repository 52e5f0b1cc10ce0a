# make demo   build everything (15 to 25 minutes the first time, on two cores), write the sample collection, tag it, serve it
# make models convert the model that `make demo` tags with; without Python 3 or its registry, a sentence and no model
# make test   every test: unit, integration, IIIF's validators, viewers in Chromium; ends with what could not be proven
#             here, which TEGL_REQUIRE=all turns into failures
# make soak   the tests with kills, each of which kills 200 times; 5 minutes
# make check  format and lints        make bench  side by side with nginx, iipsrv and sharp
# make deny   licences, sources and known vulnerabilities of all dependencies (cargo-deny)
# make release what those who install Tegl are given, in target/distribution; make reproducible makes it again and compares
# make aarch64 unit tests of the modules without I/O for 64-bit ARM, emulated by qemu
# make fuzz   damaged files and odd requests, FUZZ_SECONDS (600) for each of fuzz/targets

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := build

export TEGL := $(or $(CARGO_TARGET_DIR),target)/release/tegl
export TEGL_NOT_PROVEN ?= $(abspath $(or $(CARGO_TARGET_DIR),target))/not-proven
PAGES := src/web/pages
BUNDLE := $(PAGES)/bundle

.PHONY: setup setup-tests bundle build models demo test soak acceptance check deny release reproducible aarch64 bench fuzz clean

# What a machine with git, Rust and Node may still lack.
setup:
	@.ci/provide cargo node npm cmake nasm cc c++

setup-tests: setup
	@.ci/provide --optional chromium python3 python3-venv libmagic nginx postgresql tiffinfo vips
	tests/testbeds.sh

bundle: $(BUNDLE)

# The folder is its own stamp: it is as new as the lock file it was made from.
$(BUNDLE): | setup
$(BUNDLE): $(wildcard $(PAGES)/package*.json $(PAGES)/*.mjs)
	@trap 'rm -rf $(abspath $@)' EXIT
	cd $(PAGES)
	npm ci --ignore-scripts --no-audit --no-fund
	npm run build
	touch bundle
	trap - EXIT

build: setup bundle
	cargo build --release --locked

target/sample: build
	@[ -e $@ ] && exit
	rm -rf $@.part
	"$$TEGL" sample $@.part
	mv $@.part $@

models:
	@config/models/make.sh

# The works of the sample collection, with a catalogue of their own.
demo: export TEGL__CATALOGUE__URL := target/sample.db
demo: target/sample models
	@"$$TEGL" ingest target/sample --records target/sample/records.json
	settings=()
	[ ! -e target/models/efficientnet_lite0.onnx ] || settings=(--config config/demo.toml)
	"$$TEGL" tag target/sample "$${settings[@]}"
	exec "$$TEGL" serve target/sample "$${settings[@]}"

test: setup-tests bundle models tests/viewers/node_modules
	mkdir -p "$$(dirname "$$TEGL_NOT_PROVEN")"
	rm -f "$$TEGL_NOT_PROVEN"
	trap 'tests/not-proven.sh' EXIT
	cargo test --release --locked
	tests/acceptance/run.sh

soak: setup-tests bundle
	cargo test --release --locked --test integration -- --ignored soak_ --nocapture

# The pages' tests in a browser need these.
tests/viewers/node_modules: tests/viewers/package-lock.json | setup
	cd tests/viewers
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch node_modules

acceptance: setup-tests build
	tests/acceptance/run.sh

check: setup bundle
	cargo fmt --check
	cargo clippy --release --all-targets --locked -- -D warnings

# Not part of `make check`: it fetches the list of known vulnerabilities.
deny:
	cargo deny check

release: setup bundle
	@.ci/release

reproducible: release
	@.ci/reproducible

aarch64:
	@.ci/aarch64

bench: build
	benches/side_by_side.sh

# The same versions of everything as in the server; one job, as each of them may want 2 GiB.
fuzz: setup bundle
	@cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --version 0.13.2 --locked
	cp Cargo.lock fuzz/Cargo.lock
	for target in $$(cargo fuzz list); do
	  mkdir -p fuzz/corpus/$$target
	  cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
	    -max_total_time=$(or $(FUZZ_SECONDS),600) -max_len=65536 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1
	done

clean:
	cargo clean
	rm -rf target $(BUNDLE) $(PAGES)/node_modules tests/viewers/node_modules
