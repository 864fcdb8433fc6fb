# The two commands: `make demo` and `make test`. Each makes `.venv` by itself; Python 3.11 or newer is all it needs.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
  BIN := .venv/Scripts
else
  BIN := .venv/bin
endif

.PHONY: demo test lint reference messages screenshots benchmarks clean

demo: .venv/installed
	$(BIN)/resa demo demo $(ARGS)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_OPTIONS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

reference: .venv/installed-dev
	$(BIN)/python -m scripts.reference

messages: .venv/installed-dev
	$(BIN)/python -m scripts.messages

screenshots: .venv/installed-dev
	$(BIN)/python -m scripts.screenshots

benchmarks: .venv/installed-benchmarks
	$(BIN)/python -m benchmarks.kernels $(BENCHMARK_OPTIONS)

.venv/installed: pyproject.toml
	$(PYTHON) scripts/install.py

.venv/installed-dev: pyproject.toml
	$(PYTHON) scripts/install.py dev

.venv/installed-benchmarks: pyproject.toml
	$(PYTHON) scripts/install.py benchmarks

clean:
	rm -rf .venv demo
