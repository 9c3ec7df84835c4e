# Every documented command is here; `make help` lists them.
SHELL := /bin/bash
MODULES := . analyzer experience indexer kit models recommender web
BIN := $(CURDIR)/.bin
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)
N ?= 12

export CGO_ENABLED := 0

.DEFAULT_GOAL := help

##@ Use
.PHONY: run
run: setup-run ui ## start everything at http://127.0.0.1:8080 (CRATEFUL_ADDR), data under .data (CRATEFUL_DATA); SEED=0 without the demo catalogue
	@mkdir -p $(BIN)
	@go build -o $(BIN)/crateful ./cmd/crateful
	@exec $(BIN)/crateful

.PHONY: seed
seed: ## add N more demo packs to a running `make run`
	@go run ./cmd/crateful seed -packs $(N)

.PHONY: unseed
unseed: ## take the demo catalogue out of a running `make run`
	@go run ./cmd/crateful unseed

##@ Check
.PHONY: test
test: setup-test ui ## all tests, with the browser journeys; nothing else needs to run
	cd web/ui && npm test
	go test -timeout 15m $$(go list crateful.dev/... | grep -vE '^crateful.dev/(web|e2e)(/|$$)')
	go test -timeout 20m -p 1 crateful.dev/web/... ./e2e/... # one browser at a time

.PHONY: lint
lint: setup-lint ## golangci-lint with import rules, gofumpt, TypeScript, tidy and work-sync
	$(GOLANGCI) run $(foreach m,$(MODULES),./$(m)/...)
	cd web/ui && npm run check
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff) || exit 1; done
	@scripts/work-sync-check.sh

.PHONY: fmt
fmt: $(GOLANGCI) ## format all Go code
	$(GOLANGCI) fmt $(foreach m,$(MODULES),./$(m)/...)

.PHONY: fuzz
fuzz: ## every fuzz target for 20 s
	scripts/fuzz.sh 20s

.PHONY: bench
bench: setup-test ui ## the figures of docs/benchmarks.md; ONLY=pack,upload for some of them
	go run ./bench $(if $(ONLY),-only $(ONLY))

##@ Build
.PHONY: ui
ui: web/ui/node_modules/.package-lock.json ## scripts and styles of the web pages
	@cd web/ui && npm run --silent build

web/ui/node_modules/.package-lock.json: web/ui/package-lock.json
	cd web/ui && npm ci --no-audit --no-fund
	@touch $@

$(GOLANGCI):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(BIN)/golangci-lint $(GOLANGCI)

.PHONY: setup-run setup-test setup-lint
setup-run:
	@scripts/setup.sh ffmpeg postgres node
setup-test:
	@scripts/setup.sh ffmpeg postgres node chromium
setup-lint: $(GOLANGCI) web/ui/node_modules/.package-lock.json

.PHONY: clean
clean: ## remove built files; data under .data stays
	rm -rf $(BIN) web/ui/dist/* web/ui/node_modules

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
