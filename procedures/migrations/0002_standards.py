"""The two versions of the standard that agencies declared under so far."""

import datetime

from django.db import migrations

STANDARDS = [
    {
        "code": "TCVN ISO 9001:2008",
        "short": ":2008",
        "published_on": datetime.date(2008, 12, 31),
        "withdrawn_on": datetime.date(2015, 12, 31),
        "publication": "",
        "guidance": "",
    },
    {
        "code": "TCVN ISO 9001:2015",
        "short": ":2015",
        "published_on": datetime.date(2015, 12, 31),
        "withdrawn_on": None,
        "publication": "4109/QĐ-BKHCN",
        "guidance": "3003/BKHCN-TĐC 25/9/2018",
    },
]


def enter(apps, schema_editor):
    Standard = apps.get_model("procedures", "Standard")
    for values in STANDARDS:
        Standard.objects.get_or_create(code=values["code"], defaults=values)


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_initial")]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
