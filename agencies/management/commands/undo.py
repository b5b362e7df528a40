"""Take a change set back from the command line."""

import json

from django.core.management.base import BaseCommand, CommandError

from agencies import history
from agencies.models import ChangeSet


class Command(BaseCommand):
    help = "Take a change set back: what nobody touched since is restored, the rest is named."

    def add_arguments(self, parser):
        parser.add_argument("changeset", type=int, help="number of the change set")
        parser.add_argument("--reason", default="", help="why it is taken back")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *, changeset, reason, **options):
        act = ChangeSet.objects.filter(pk=changeset).first()
        if act is None:
            raise CommandError(f"There is no change set {changeset}.")
        done = history.undo(act, by=None, reason=reason[:500])
        if options["json"]:
            self.stdout.write(as_json(act, done))
            return
        for word, outcomes in (
            ("restored", done.restored),
            ("kept", done.kept),
            ("impossible", done.impossible),
        ):
            for outcome in outcomes:
                why = f" – {outcome.why}" if outcome.why else ""
                by = f" ({outcome.by})" if outcome.by else ""
                self.stdout.write(f"{word}: {outcome.label}{why}{by}")
        self.stdout.write(
            f"undone by change set {done.change_set.pk}" if done.change_set else "nothing was left to undo"
        )


def as_json(act, done):
    def line(outcome, **more):
        return {
            "model": outcome.model,
            "id": outcome.object_id,
            "label": outcome.label,
        } | more

    return json.dumps(
        {
            "changeset": act.pk,
            "restored": [line(o) for o in done.restored],
            "kept": [line(o, why=o.why, by=str(o.by) if o.by else None) for o in done.kept],
            "impossible": [line(o, why=o.why) for o in done.impossible],
            "undone_by": done.change_set.pk if done.change_set else None,
        },
        ensure_ascii=False,
    )
