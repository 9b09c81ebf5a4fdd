# Every command of this project. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BUILT  := src/cratesync/server/page/built/index.html
# Half of the tests' time is spent waiting for a quota, a lease or a process.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) * 2)')

.DEFAULT_GOAL := help
.PHONY: help page setup install run demo test dist check format lock bench bench-quick bench-more screenshots soak clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Cratesync needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.programs: tests/foreign_programs.py $(VENV)/.dev
	@$(BIN)/python $<
	@touch $@

$(VENV)/.node: requirements/web.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/web.txt
	@touch $@

web/node_modules/.made: web/package-lock.json web/.npmrc $(VENV)/.node
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent
	@touch $@

# What the page takes from Python: `web/generate.py` writes it, and the page is not built on what it wrote before a change.
TAKEN := web/generate.py $(shell find src/cratesync/protocol src/cratesync/server/api -name '*.py') src/cratesync/providers/discogs/allow_list.py

$(BUILT): $(shell find web/src web/index.html web/vite.config.ts web/tsconfig.json) $(TAKEN) web/node_modules/.made
	$(BIN)/python web/generate.py --check
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@touch $@

setup: $(VENV)/.dev $(VENV)/.programs $(BUILT) ## Make the virtual environment with everything for development

page: $(BUILT) ## Build the page for people

install: $(VENV)/.run $(BUILT) ## Make the virtual environment with what running needs, and start nothing

run: $(VENV)/.run $(BUILT) ## Start the server on this machine, and a client beside it (SQLite, no configuration needed)
	@$(BIN)/cratesync serve --with-client

demo: $(VENV)/.run $(BUILT) ## Watch a simulated collection of 3,000 records being synced
	@$(BIN)/cratesync demo

test: $(VENV)/.dev $(VENV)/.programs $(BUILT) ## Run every test
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

dist: $(BUILT) ## Build the wheel, with the page in it
	$(BIN)/python -m hatchling build -t wheel

check: $(VENV)/.dev web/node_modules/.made ## Format, lint, strict types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python web/generate.py --check
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

format: $(VENV)/.dev ## Format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench ## Measure speed, memory and the use of the quota, against others and against the limit (about 12 minutes)
	$(BIN)/python bench/node.py --seconds 4
	$(BIN)/python bench/idle.py
	$(BIN)/python bench/storm.py --databases sqlite
	$(BIN)/python bench/growth.py
	$(BIN)/python bench/resync.py --items 1000 10000
	$(BIN)/python bench/quota.py --pages 12 100 --window 10

bench-quick: $(VENV)/.bench ## The same, less of each (about 3 minutes)
	$(BIN)/python bench/node.py --rounds 1 --seconds 3
	$(BIN)/python bench/idle.py --clients 500 --paging 100 --rest 12
	$(BIN)/python bench/storm.py --databases sqlite --clients 200
	$(BIN)/python bench/growth.py --databases sqlite --pages 300 --users 100
	$(BIN)/python bench/resync.py --items 1000 --people 10 --databases sqlite
	$(BIN)/python bench/quota.py --pages 12 --window 5 --items 1000 --users 10

bench-more: $(VENV)/.dev ## Measure what takes longer: memory by size, browsers that cannot see the quota, how fast the mirror reads, what telling other nodes costs
	$(BIN)/python bench/blind.py
	$(BIN)/python bench/memory.py
	$(BIN)/python bench/export_memory.py
	$(BIN)/python bench/reading.py
	$(BIN)/python bench/bell.py

screenshots: $(VENV)/.dev $(VENV)/.programs $(BUILT) ## Take a picture of every page, to be looked at
	$(BIN)/python bench/screenshots.py

soak: $(VENV)/.dev ## Live through thousands of histories, and let four weeks pass for a server with its own client (three quarters of an hour)
	$(BIN)/python bench/histories.py
	$(BIN)/python bench/soak.py

lock: ## Choose the newest versions of all packages and lock them by hash (needs uv)
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 requirements/run.in -o requirements/run.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 requirements/bench.in -o requirements/bench.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 requirements/web.in -o requirements/web.txt

clean: ## Remove what was built here
	rm -rf $(VENV) web/node_modules $(dir $(BUILT)) .mypy_cache .ruff_cache .pytest_cache .hypothesis
