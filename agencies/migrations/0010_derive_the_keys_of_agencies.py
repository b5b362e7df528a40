"""The search keys of the agencies and former names already entered."""

from django.db import migrations

from iso_rollout.text import name_key


def derive(apps, schema_editor):
    for name in ("Agency", "PastIdentity"):
        model = apps.get_model("agencies", name)
        records = list(model.objects.only("name", "code"))
        for record in records:
            record.search_key = name_key(record.name, record.code)[:400]
        model.objects.bulk_update(records, ["search_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0009_former_names_are_found")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
