# Every target sets itself up: tools/bootstrap.py finds Python 3.13, makes .venv and fills it.
# Any Python runs the bootstrap; candidates are executed, since a shim on PATH may exist and not work.
PYTHON ?= $(shell for each in python3 python python3.13 $$HOME/.pyenv/versions/3*/bin/python3 \
	$$HOME/.local/share/uv/python/cpython-3*/bin/python3 $$HOME/.asdf/installs/python/3*/bin/python3 \
	$$HOME/miniconda3/bin/python3 /opt/python*/bin/python3 /opt/homebrew/bin/python3; do \
	"$$each" -c "import sys; sys.exit(sys.version_info < (3, 6))" 2>/dev/null && command -v "$$each" && break; done)
BOOTSTRAP = $(PYTHON) tools/bootstrap.py
RUN = .venv/bin/python
WORKERS ?= 2

.PHONY: help setup lock demo up test check bench eval stories crash-matrix clean format backstage golden-path-builds

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## make .venv, Node and Azurite (seconds when they are there)
	@test -n "$(PYTHON)" || { echo "ValueFlow needs Python 3.13 and found no Python here: install it." >&2; exit 1; }
	@$(BOOTSTRAP)

lock: setup ## resolve pyproject.toml into requirements.txt and requirements-dev.txt
	@$(RUN) tools/lock.py

demo: setup ## start the platform and play the scenarios (STAY=1 leaves it up)
	@$(RUN) -m sandbox demo $(if $(STAY),--stay)

up: setup ## start the platform and keep it; prints every address
	@$(RUN) -m sandbox up

test: setup ## all tests
	@$(RUN) -m pytest -n $(WORKERS) --dist loadfile $(if $(COVERAGE),--cov --cov-report=)

check: setup ## what CI runs: format, lint, types, imports, tests, coverage
	@$(RUN) tools/check.py

format: setup ## put the code in its form
	@$(RUN) -m ruff format . && $(RUN) -m ruff check --fix .

bench: setup ## ratios against the bare engine (ONLY=name runs one)
	@$(RUN) -m bench $(if $(ONLY),--only $(ONLY))

stories: setup ## the stories of the whole platform, long ones too (ONLY=words narrows)
	@STORIES=all $(RUN) -m pytest -n $(WORKERS) --dist loadfile -q tests/e2e/stories $(if $(ONLY),-k "$(ONLY)")

crash-matrix: setup ## every step and every undoing killed and failed at every moment (ONLY=words narrows)
	@CRASH_MATRIX=all $(RUN) -m pytest -n $(WORKERS) --dist load -q tests/e2e/test_crash_matrix.py $(if $(ONLY),-k "$(ONLY)")

eval: setup ## how well rules and assistant judge (ONLY=name, DATA=file.jsonl)
	@$(RUN) -m tests.eval $(if $(ONLY),--only $(ONLY)) $(if $(DATA),--data $(DATA))

backstage: setup ## write Backstage's templates from the golden paths
	@$(RUN) -m tools.backstage

golden-path-builds: setup ## build and test the service of every golden path; a line for each
	@$(RUN) -m pytest -q tests/builds

clean: ## remove everything that was made here
	rm -rf .venv .sandbox build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
