# Every target sets itself up: it needs only Python 3.11 or newer, git and make.
# PYTHON=/path/to/python chooses another interpreter for the first set-up.

PY := .venv/bin/python

.PHONY: demo demo-serve test coverage conformance bench fuzz matrix pythons lint docs clean

demo:
	@sh scripts/setup.sh
	@$(PY) scripts/demo

demo-serve:
	@sh scripts/setup.sh
	@$(PY) scripts/demo-serve

test:
	@sh scripts/setup.sh dev
	@$(PY) scripts/test

coverage:
	@sh scripts/setup.sh dev
	@$(PY) scripts/test --coverage

lint:
	@sh scripts/setup.sh dev
	@$(PY) scripts/test --lint

docs:
	@sh scripts/setup.sh dev
	@$(PY) scripts/docs

conformance bench fuzz matrix:
	@sh scripts/setup.sh dev
	@$(PY) scripts/$@

pythons:
	@sh scripts/setup.sh dev
	@$(PY) scripts/pythons

clean:
	rm -rf .venv .cache .pythons .hypothesis build dist htmlcov src/*.egg-info .coverage*
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.so' -type f -delete
