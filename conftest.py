"""Settings of the test run: development values, whatever the environment says."""

import os

os.environ.setdefault("DEBUG", "true")
