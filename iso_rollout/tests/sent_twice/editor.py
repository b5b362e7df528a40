"""One of several people who edit the same few records over HTTP: what was sent and how it was answered.

`python -m iso_rollout.tests.sent_twice.editor ADDRESS ACCOUNT EDITS` prints {"accepted": {record: [note, …]},
"refused": {record: n}, "other": [status, …]}.
"""

import json
import os
import random
import sys
from collections import defaultdict


def main(address, account, edits):
    os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"
    import django

    django.setup()
    from django.urls import reverse

    from agencies.models import User
    from iso_rollout.tests.sent_twice.at_once import Browser
    from iso_rollout.tests.sent_twice.cases import Sent
    from procedures.models import Milestone

    person = User.objects.get(username=account)
    milestones = list(Milestone.objects.select_related("rollout").order_by("pk"))
    browser, choose = Browser(address, person), random.Random(account)
    accepted, refused, other = defaultdict(list), defaultdict(int), []
    for number in range(int(edits)):
        milestone = choose.choice(milestones)
        rollout = milestone.rollout
        page = reverse("amend_milestone", args=[rollout.agency_id, rollout.pk, milestone.pk])
        note = f"{account} {number}"
        action, *body = browser.form(Sent(person, page, {"note": note, "reason": "Thử"}))
        status, html = browser.ask("POST", action, *body, keep=False)
        if status == 302:
            accepted[milestone.pk].append(note)
        elif status == 409 and note in html:
            refused[milestone.pk] += 1
        else:
            other.append(status)
    print(json.dumps({"accepted": accepted, "refused": refused, "other": other}))


if __name__ == "__main__":
    main(*sys.argv[1:])
