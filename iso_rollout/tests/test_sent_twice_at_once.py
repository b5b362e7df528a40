"""Every POST of the program sent twice at the same moment to a real server: what one sending does, no more."""

import json
import subprocess
import sys

import pytest

from iso_rollout.tests.browser.server import ROOT, Register, scratch_database
from iso_rollout.tests.sent_twice.cases import CASES

pytestmark = [pytest.mark.faults, pytest.mark.long]


def test_two_at_once_do_what_one_does(tmp_path):
    with scratch_database(tmp_path) as url, open(tmp_path / "server.log", "w") as log:
        register = Register(tmp_path, url)
        register.manage("migrate", "--verbosity", "0")
        with register.served(debug=True, log=log) as address:
            done = subprocess.run(
                [sys.executable, "-m", "iso_rollout.tests.sent_twice.at_once", address],
                cwd=ROOT, env=register.environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(CASES)
    assert [one for one in found if one["once"] != one["twice"]] == []
    assert [one for one in found if any(status >= 500 for status in one["statuses"])] == []
