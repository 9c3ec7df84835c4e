# Every documented command is here; `make help` lists them.
SHELL := /bin/bash
MODULES := . analyzer experience indexer kit models recommender web
BIN := $(CURDIR)/.bin
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)
N ?= 12
DURATION ?= 10m
# The real servers of test-real, kept in CACHE. The carrier and the checksum of Elasticsearch are in its script.
CACHE ?= $(CURDIR)/.cache
KAFKA_VERSION := 4.3.1
KAFKA := $(CACHE)/kafka-$(KAFKA_VERSION)
ELASTICSEARCH_VERSION := 8.19.13
ELASTICSEARCH := $(CACHE)/elasticsearch-$(ELASTICSEARCH_VERSION)
MINIO_VERSION := v0.0.0-20260212201848-7aac2a2c5b7c
MINIO := $(CACHE)/minio-$(MINIO_VERSION)
TOXIPROXY_VERSION := v2.12.0
TOXIPROXY := $(CACHE)/toxiproxy-$(TOXIPROXY_VERSION)
# Environments of Python by their locks: for the recommender's job on Spark, and for what its training is measured against.
SPARK := $(CACHE)/spark-$(shell cat recommender/spark/requirements*.txt | sha256sum | cut -c1-12)
PEERS := $(CACHE)/peers-$(shell cat recommender/bench/requirements.txt | sha256sum | cut -c1-12)
# Images are crateful/IMAGE:VERSION here, and REGISTRY/IMAGE:VERSION where they are published.
SERVICES := analyzer experience indexer models recommender web
IMAGES := $(SERVICES) cratefulctl
VERSION ?= dev
DOCKER ?= docker
# REPORTS=folder keeps JUnit files of the tests.
GOTESTSUM := go run gotest.tools/gotestsum@v1.13.0
go-test = $(if $(REPORTS),$(GOTESTSUM) --format standard-verbose --junitfile $(abspath $(REPORTS))/$(1).xml --,go test)

on-real = CRATEFUL_TEST_SERVICES=$(BIN)/services CRATEFUL_TEST_TOXIPROXY=$(TOXIPROXY) CRATEFUL_TEST_SPARK=$(SPARK)/bin/spark-submit GOTESTSUM="$(GOTESTSUM)" REPORTS=$(REPORTS) \
	$(BIN)/real parts -kafka $(KAFKA) -elasticsearch $(ELASTICSEARCH) -minio $(MINIO)

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
	$(if $(REPORTS),@mkdir -p $(REPORTS))
	$(call go-test,services) -timeout 15m $$(go list crateful.dev/... | grep -vE '^crateful.dev/(web|e2e)(/|$$)')
	cd deploy/observability && GOWORK=off $(call go-test,observability) ./...
	$(call go-test,browser) -timeout 20m -p 1 crateful.dev/web/... ./e2e/... # one browser at a time

.PHONY: test-real
test-real: setup-real ui real $(SPARK) ## contract suites, a sale and every fault on a real Kafka, Elasticsearch, MinIO and Postgres, and the recommender's job on Spark; ES_ARCHIVE=… instead of fetching 921 MB
	$(if $(REPORTS),@mkdir -p $(REPORTS))
	$(on-real) scripts/real/suites.sh

.PHONY: soak
soak: setup-real ui real ## DURATION=10m of buying and publishing on real servers while services are killed at random, then the books are checked; its backup is brought back on new servers
	@kept=$$(mktemp -d) && trap 'rm -rf "$$kept"' EXIT && export SOAK_KEPT=$$kept && \
	$(on-real) scripts/real/soak.sh $(DURATION) && $(on-real) scripts/real/drill.sh

.PHONY: torture
torture: setup-real ui real ## a rebuild of 20,000 listings on a real Elasticsearch while 500 of them change and people search
	$(on-real) scripts/real/torture.sh

.PHONY: real
real: $(KAFKA) $(ELASTICSEARCH) $(MINIO) $(TOXIPROXY)
	@mkdir -p $(BIN)/services
	go build -o $(BIN)/real ./local/real
	go build -o $(BIN)/services/ $(foreach s,$(SERVICES),./$(s)/cmd/$(s))

.PHONY: compose-test
compose-test: images ## docker-compose.yml as it runs: a sale with copies killed meanwhile; needs Docker with compose
	@DOCKER=$(DOCKER) CRATEFUL_VERSION=$(VERSION) scripts/compose-test.sh

.PHONY: lint
lint: setup-lint ## golangci-lint with import rules, gofumpt, TypeScript, tidy and work-sync
	$(GOLANGCI) run $(foreach m,$(MODULES),./$(m)/...)
	cd deploy/observability && GOWORK=off $(GOLANGCI) run
	cd web/ui && npm run check
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff) || exit 1; done
	@scripts/work-sync-check.sh

.PHONY: fmt
fmt: $(GOLANGCI) ## format all Go code
	$(GOLANGCI) fmt $(foreach m,$(MODULES),./$(m)/...) deploy/observability

.PHONY: fuzz
fuzz: ## every fuzz target for 20 s
	scripts/fuzz.sh 20s

.PHONY: bench
bench: setup-test ui bench/node_modules/.package-lock.json ## the figures of docs/benchmarks.md; ONLY=pack,upload for some of them
	go run ./bench $(if $(ONLY),-only $(ONLY))

.PHONY: bench-real
bench-real: setup-real ui $(KAFKA) $(ELASTICSEARCH) $(MINIO) ## those of its figures that want a real Kafka, Elasticsearch and MinIO
	@mkdir -p $(BIN)/services
	go build -o $(BIN)/ ./local/real ./bench
	go build -o $(BIN)/services/ $(foreach s,$(SERVICES),./$(s)/cmd/$(s))
	PATH=$(BIN):$$PATH $(BIN)/real parts -kafka $(KAFKA) -elasticsearch $(ELASTICSEARCH) -minio $(MINIO) scripts/real/figures.sh $(BIN)/services

.PHONY: bench-search
bench-search: setup-real ui $(KAFKA) $(ELASTICSEARCH) $(MINIO) ## replay and search with 100,000 sounds and with a million, on a real Kafka and Elasticsearch; ONLY=replay,search leaves the million out
	go build -o $(BIN)/ ./local/real ./bench
	PATH=$(BIN):$$PATH $(BIN)/real parts -kafka $(KAFKA) -elasticsearch $(ELASTICSEARCH) -minio $(MINIO) bench -only $(or $(ONLY),replay,search,million)

.PHONY: bench-money
bench-money: setup-test ui ## orders, webhooks, a statement of a million lines, zips beside `zip -0`, checks of certificates; ONLY=orders,statement,proofs takes some
	@scripts/setup.sh zip
	go run ./bench -only $(or $(ONLY),orders,statement,proofs)

.PHONY: bench-recommender
bench-recommender: $(PEERS) ## 100,000 people and 20,000 packs in one recommender, and its training beside peers; LASTFM=folder with train.csv, test.csv
	go test ./recommender -run '^$$' -bench Crowd -benchtime 1x -timeout 30m
	@shop=$$(mktemp -d) && trap 'rm -rf "$$shop"' EXIT && go run ./recommender/bench generate --out "$$shop" && \
	go run ./recommender/bench train --in "$$shop" && $(PEERS)/bin/python recommender/bench/peers.py "$$shop" && \
	if [ -n "$(LASTFM)" ]; then go run ./recommender/cmd/recommender evaluate --train "$(LASTFM)/train.csv" --out "$$shop/recs.csv" && \
	$(PEERS)/bin/python recommender/bench/score.py "$$shop/recs.csv" "$(LASTFM)"; fi

##@ Build
.PHONY: ui
ui: web/ui/node_modules/.package-lock.json ## scripts and styles of the web pages
	@cd web/ui && npm run --silent build

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

.PHONY: cratefulctl
cratefulctl: ## the operator's command, .bin/cratefulctl; without more it looks after a running `make run`
	@mkdir -p $(BIN)
	go build -o $(BIN)/cratefulctl ./cmd/cratefulctl

.PHONY: images
images: ## an image of each service and of cratefulctl, crateful/IMAGE:VERSION (dev)
	@for s in $(IMAGES); do DOCKER_BUILDKIT=1 $(DOCKER) build --build-arg SERVICE=$$s --tag crateful/$$s:$(VERSION) . || exit 1; done

.PHONY: stand-ins
stand-ins: $(KAFKA) $(ELASTICSEARCH) $(MINIO) ## base images under the names that are used, for an engine without a registry; needs Debian's mmdebstrap
	@KAFKA=$(KAFKA) ELASTICSEARCH=$(ELASTICSEARCH) MINIO=$(MINIO) CACHE=$(CACHE)/images DOCKER=$(DOCKER) scripts/images/stand-ins.sh

.PHONY: publish
publish: ## push the images to REGISTRY
	@[ -n "$(REGISTRY)" ] || { echo "REGISTRY=… says where to" >&2; exit 1; }
	@for s in $(IMAGES); do $(DOCKER) tag crateful/$$s:$(VERSION) $(REGISTRY)/$$s:$(VERSION) && $(DOCKER) push $(REGISTRY)/$$s:$(VERSION) || exit 1; done

$(GOLANGCI):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(BIN)/golangci-lint $(GOLANGCI)

$(KAFKA): | setup-real
	scripts/real/kafka.sh $(KAFKA_VERSION) $@

$(ELASTICSEARCH): | setup-real
	scripts/real/elasticsearch.sh $(ELASTICSEARCH_VERSION) $@

$(MINIO):
	@mkdir -p $(CACHE)/bin
	GOBIN=$(CACHE)/bin go install github.com/minio/minio@$(MINIO_VERSION)
	@mv $(CACHE)/bin/minio $(MINIO)

$(TOXIPROXY):
	@mkdir -p $(CACHE)/bin
	GOBIN=$(CACHE)/bin go install github.com/Shopify/toxiproxy/v2/cmd/server@$(TOXIPROXY_VERSION)
	@mv $(CACHE)/bin/server $(TOXIPROXY)

$(SPARK): | setup-real
	scripts/real/python.sh recommender/spark $@

$(PEERS):
	@scripts/setup.sh python
	scripts/real/python.sh recommender/bench $@

.PHONY: env
env: ## write .env for docker-compose.yml with fresh secrets; never over one that is there
	@scripts/env.sh .env

.PHONY: setup-run setup-test setup-real setup-lint
setup-run:
	@scripts/setup.sh ffmpeg postgres node
setup-test:
	@scripts/setup.sh ffmpeg postgres node chromium
setup-real:
	@scripts/setup.sh ffmpeg postgres node java maven unzip nginx python
setup-lint: $(GOLANGCI) web/ui/node_modules/.package-lock.json

.PHONY: clean
clean: ## remove built files; data under .data stays
	rm -rf $(BIN) web/ui/dist/* web/ui/node_modules

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
