# Two commands set everything up on a fresh machine: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= $(shell for name in python3.11 python3 python; do command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= demo_results

# Debian's names of what Qt needs on a machine without a desktop.
SYSTEM_LIBRARIES := xvfb xauth libgl1 libegl1 libopengl0 libgl1-mesa-dri libfontconfig1 libdbus-1-3 libx11-xcb1 \
  libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 \
  libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1

# GUI tests need OpenGL on a virtual screen; Qt's own "offscreen" has none. A desktop that is not X11 shows them itself.
ON_SCREEN := $(if $(shell command -v xvfb-run || command -v apt-get),env QT_QPA_PLATFORM=xcb LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s "-screen 0 1600x1000x24",)

.PHONY: help demo test test-slow accuracy accuracy-kinds bench bench-scale bench-review pictures lint format lock clean system-libraries

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

demo: $(VENV)/.demo ## Set up .venv, measure the shipped sample slides, say where the results are
	$(BIN)/myograft demo --out $(DEMO_OUT)

# Windows on one screen take each other's keys: they run by themselves, on a screen of their own, beside all else.
test: $(VENV)/.test system-libraries ## Set up .venv and what the GUI tests need, run every test
	@echo "tests of windows run beside these and are told at the end"; \
	$(ON_SCREEN) $(BIN)/python -m pytest tests/napari_plugin >$(VENV)/windows.log 2>&1 & windows=$$!; \
	$(ON_SCREEN) $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --ignore=tests/napari_plugin; others=$$?; \
	wait $$windows; seen=$$?; cat $(VENV)/windows.log; exit $$((others ? others : seen))

test-slow: $(VENV)/.test system-libraries ## The heavier checks
	$(ON_SCREEN) $(BIN)/python -m pytest -m slow

bench: $(VENV)/.test ## Speed and memory, stage by stage (minutes)
	PYTHONPATH=tests/benchmarks $(BIN)/python -m pytest tests/benchmarks/test_stages.py tests/benchmarks/test_networks.py -o norecursedirs='.*' -m slow -s

bench-scale: $(VENV)/.test ## A slide of 40,960 x 40,960 px, and a million empty tiles (an hour and more, 40 GB of disk)
	PYTHONPATH=tests/benchmarks $(BIN)/python -m pytest tests/benchmarks/test_scale.py -o norecursedirs='.*' -m slow -s

bench-review: $(VENV)/.test system-libraries ## How quick a review of a whole slide is, in a shown window (minutes)
	$(ON_SCREEN) env PYTHONPATH=tests/benchmarks $(BIN)/python -m pytest tests/benchmarks/test_review.py -o norecursedirs='.*' -m slow -s

pictures: $(VENV)/.test system-libraries ## Draw the pictures of the plugin's README anew
	$(ON_SCREEN) $(BIN)/python napari_plugin/pictures/draw.py

accuracy: $(VENV)/.test ## How right outlines, donor calls and stained fibers are, on real images beside the checkout and on phantoms (an hour)
	PYTHONPATH=tests/benchmarks $(BIN)/python -m pytest tests/benchmarks/test_accuracy.py tests/benchmarks/test_panels.py tests/benchmarks/test_donors.py tests/benchmarks/test_fiber_stains.py -o norecursedirs='.*' -m slow -s
	env MYOGRAFT_OVERLAYS=accuracy_overlays $(BIN)/python -m pytest tests/workflow/test_real_donors.py -s

accuracy-kinds: $(VENV)/.test ## Nuclei of image kinds that training never saw (about an hour)
	$(BIN)/python -m pytest tests/benchmarks/test_kinds.py -o norecursedirs='.*' -m slow -s

lint: $(VENV)/.test ## Format check, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## Format the code and regenerate configs/README.md
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/myograft config reference > configs/README.md

lock: $(VENV)/.test ## Write the versions of this .venv to constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable --exclude myograft | grep -v ' @ ' | sed 's/+cpu$$//' > constraints.txt

clean: ## Remove .venv, caches and demo results
	rm -rf $(VENV) $(DEMO_OUT) accuracy_overlays .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "myograft needs Python 3.11 or newer; install it, or run: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[napari,train,cellpose,onnxruntime]" --group test
	@touch $@ $(VENV)/.demo

system-libraries:
	@command -v dpkg-query >/dev/null 2>&1 || exit 0; \
	missing=""; \
	for name in $(SYSTEM_LIBRARIES); do \
	  dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$name"; \
	done; \
	/sbin/ldconfig -p 2>/dev/null | grep -q 'libglib-2.0.so.0' || missing="$$missing libglib2.0-0"; \
	test -z "$$missing" && exit 0; \
	as_root=""; test "$$(id -u)" = 0 || as_root="sudo -n"; \
	echo "installing system libraries for the GUI tests:$$missing"; \
	if { test -z "$$as_root" || $$as_root true 2>/dev/null; } && $$as_root apt-get update -qq && \
	   $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	then exit 0; fi; \
	echo "the GUI tests need these packages, and apt-get may not install them here; please run:"; \
	echo "  sudo apt-get install$$missing"; exit 1
