# Two commands do everything on a fresh machine with Python 3.11: make run, make test.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
ADDRESS ?= 127.0.0.1
WORKERS ?= 2
export DEBUG ?= true

.PHONY: run test test-browser test-faults test-long pictures lint bench messages clean

# The environment is built anew when a requirement changes.
$(VENV)/run.stamp: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/run.stamp

# Commands after `make run` or `make test` work as on a developer's machine; production writes its own .env.
.env:
	echo "DEBUG=true" > .env

run: $(VENV)/run.stamp .env
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py load_demo
	@echo
	@echo "  http://$(ADDRESS):$(PORT)/"
	@echo
	@# The worker brings in large lists; it stops with the server.
	@$(BIN)/python manage.py run_uploads --watch & worker=$$!; trap "kill $$worker" EXIT INT TERM; \
	$(BIN)/gunicorn iso_rollout.wsgi --no-control-socket --bind $(ADDRESS):$(PORT) --workers $(WORKERS) --timeout 120

test: $(VENV)/dev.stamp .env
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser and not faults"

test-browser: $(VENV)/dev.stamp .env
	$(BIN)/python -m pytest -m browser

test-faults: $(VENV)/dev.stamp .env
	$(BIN)/python -m pytest -m "faults and not long"

test-long: $(VENV)/dev.stamp .env
	$(BIN)/python -m pytest -m long

# The picture in the README, from the demonstration of this moment.
pictures: $(VENV)/dev.stamp .env
	DJANGO_SETTINGS_MODULE=iso_rollout.settings $(BIN)/python -m iso_rollout.tests.browser.pictures

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/dev.stamp .env
	$(BIN)/python -m bench

# Needs gettext. Collects the message ids; locale/vi is then completed by hand and compiled.
messages: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemessages --locale vi --no-obsolete --no-wrap --add-location file --ignore .venv --ignore bench --ignore var
	$(BIN)/python manage.py compilemessages --locale vi --verbosity 0

clean:
	rm -rf $(VENV) var .pytest_cache .ruff_cache .hypothesis
