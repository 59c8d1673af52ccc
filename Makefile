# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.

.DEFAULT_GOAL := help
.PHONY: help build demo cluster test conformance fuzz check-deep bench bench-quick docs lint clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-11s %s\n", $$1, $$2 }'

build: ## Build the server and tool: bin/live-progress
	@scripts/build.sh

demo: ## Build, and show a real job live (CHECK=1: verify it without waiting for a key)
	@CHECK=$(CHECK) scripts/demo.sh

cluster: ## Run three NATS servers and three servers, and show a job across them (CHECK=1: verify it)
	@CHECK=$(CHECK) scripts/cluster.sh

test: ## Run every test; install the tools that the tests need
	@scripts/test.sh

fuzz: ## Fuzz all code that reads external input, ten seconds each
	@scripts/fuzz.sh $(ARGUMENTS)

conformance: ## Run the cases of the Autobahn test suite against the server's and the client's end
	@scripts/conformance.sh $(ARGUMENTS)

check-deep: ## Run the checks that take too long for each change: sanitizers, fuzzers, every conformance case
	@scripts/check-deep.sh

bench: ## Measure the server against a send loop in C and other servers, and the worker's time in update
	@scripts/bench.sh $(ARGUMENTS)

bench-quick: ## The same with fewer servers and rounds, in minutes
	@scripts/bench.sh --quick $(ARGUMENTS)

docs: ## Build the documentation of every product: .build-docs/site
	@scripts/docs.sh

lint: ## Check the format of every Swift file
	@scripts/lint.sh

clean: ## Remove everything that was built
	rm -rf .build .build-* Server/.build Benchmarks/.build Examples/hummingbird-app/.build bin
