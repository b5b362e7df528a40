"""`make bench`: measure in scratch databases of its own, print ratios, write bench/results.json."""

import os
import sys

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iso_rollout.settings")

import django

django.setup()

from bench.run import main  # noqa: E402

sys.exit(main(only_pages=sys.argv[1:] == ["pages"]))
