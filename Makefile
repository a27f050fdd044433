# The habits of this project. `make course` and `make test` set up everything they need; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
# Debian's Chromium comes without fonts.
FONTS := /usr/share/fonts/truetype/liberation:fonts-liberation
STUDENT := .venv-student
BIN := $(CURDIR)/$(VENV)/bin
PY := $(BIN)/python
# nbgrader looks for alembic, and the notebooks for jupyter, on PATH.
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

CODE := $(shell find solutions autograder -name '*.py' 2>/dev/null)
SOURCES := $(wildcard assignments/src/*.md)
UNITS := $(patsubst assignments/src/%.md,%,$(SOURCES))
CLASS := $(shell find tests/sample_class -type f 2>/dev/null)
BOOK := $(shell find book -type f -not -path '*/__pycache__/*' 2>/dev/null) _config.yml _toc.yml

.PHONY: help course test quick setup setup-test book pdf release serve lighthouse grade lab live bench bench-grading mutants strength lint clean
.DELETE_ON_ERROR:

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

course: book release grade ## build the site, release the notebooks, grade the sample class
	@echo
	@cat _build/summary.txt
	@echo
	@echo "Website                  _build/html/index.html"
	@echo "Notebooks for students   assignments/release/"
	@echo "Feedback                 assignments/feedback/"
	@echo "Marks                    assignments/grades.csv"
	@echo "Gradebook                assignments/gradebook.db"

test: setup-test book release ## run the whole test suite
	$(PY) -m pytest -n 2 --dist loadgroup --durations 25

quick: setup ## run the tests that take less than two seconds each
	$(PY) -m pytest -n 2 --dist loadgroup -m "not slow and not browser"

setup: $(VENV)/.installed $(STUDENT)/.installed ## install everything that is pinned
	@tools/need.sh bwrap:bubblewrap

setup-test: setup
	@tools/need.sh chromium:chromium $(FONTS) postgres:postgresql npm:npm

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tools/need.sh ensurepip:python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned packages (a few minutes the first time)"
	$(PY) -m pip install --quiet --requirement requirements.txt
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Students' code is graded in an environment of its own, without torch, nbgrader and this project.
$(STUDENT)/.installed: autograder/grading/student-requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(STUDENT)
	$(STUDENT)/bin/python -m pip install --quiet --requirement $<
	@touch $@

book: _build/.book ## build the website

_build/.book: $(VENV)/.installed $(BOOK) $(CODE)
	@mkdir -p _build
	@echo "Building the website"
	$(BIN)/jupyter-book build . --path-output . -W -n --keep-going --quiet
	@touch $@

pdf: _build/convolution-backprop.pdf ## print the book: _build/convolution-backprop.pdf

_build/convolution-backprop.pdf: _build/.book tools/pdf.py
	@tools/need.sh chromium:chromium $(FONTS)
	$(PY) tools/pdf.py _build/html $@

release: $(UNITS:%=_build/.release-%) _build/.bundle ## build the notebooks that students get, and dist/ with all of them

_build/.bundle: $(UNITS:%=_build/.release-%)
	@$(PY) -m autograder bundle
	@touch $@

_build/.release-%: assignments/src/%.md $(VENV)/.installed $(CODE) assignments/nbgrader_config.py
	@mkdir -p _build
	@echo "Releasing $*"
	@$(PY) -m autograder build $*
	@cd assignments && nbgrader generate_assignment $* --force --log-level=WARN || { \
		echo "If the cells of $* have changed since submissions were graded, nbgrader refuses, to save their marks." >&2; \
		echo "Marks of the sample class are no loss: rm assignments/gradebook.db" >&2; exit 1; }
	@touch $@

grade: _build/.graded ## grade the sample class in tests/sample_class

_build/.graded: $(STUDENT)/.installed $(UNITS:%=_build/.release-%) $(CLASS)
	@tools/need.sh bwrap:bubblewrap
	@tools/grade_sample_class.sh
	@touch $@

serve: book ## show the website on loopback, compressed and under its Content-Security-Policy
	$(PY) tools/serve.py

lighthouse: book ## see how fast and how accessible a chapter is, by Lighthouse
	@tools/need.sh chromium:chromium $(FONTS) node:nodejs npx:npm
	$(PY) tools/lighthouse.py _build/html

lab: setup release ## work on the assignments in JupyterLab, in your own copies
	@mkdir -p my_work
	@for unit in $(UNITS); do \
		[ -e my_work/$$unit.ipynb ] || cp assignments/release/$$unit/$$unit.ipynb my_work/; \
	done
	cd my_work && JUPYTER_CONFIG_PATH=$(CURDIR)/tools/lab $(BIN)/jupyter lab

live: book ## show the site with cells that run, on this computer only
	$(PY) tools/live.py

bench: $(VENV)/.installed ## time the reference beside PyTorch: table and plots in _build/bench
	$(PY) -m bench

bench-grading: setup ## time grading beside stock nbgrader: table and plot in _build/bench
	$(PY) -m bench.grading

mutants: $(VENV)/.installed ## change the reference in every small way and see that a test fails (long)
	$(PY) tools/mutants.py

strength: $(VENV)/.installed ## count how many wrong functions the graded cells find
	$(PY) -m autograder strength

lint: $(VENV)/.installed ## check style and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

clean: ## remove everything that was made, the environments included
	rm -rf _build dist $(VENV) $(STUDENT) assignments/source assignments/release assignments/submitted \
		assignments/autograded assignments/feedback assignments/gradebook.db* assignments/*.csv
