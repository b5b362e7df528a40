"""The keys of the people already entered."""

from django.db import migrations

from iso_rollout.text import fold, vietnamese_sort_key


def derive(apps, schema_editor):
    User = apps.get_model("agencies", "User")
    people = list(User.objects.all())
    for person in people:
        texts = (person.full_name, person.username, person.position, person.email)
        given = person.full_name.split()[-1] if person.full_name else person.username
        person.search_key = fold(" ".join(texts))[:700]
        person.sort_key = vietnamese_sort_key(f"{given} {person.full_name}")[:400]
    User.objects.bulk_update(people, ["search_key", "sort_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0006_people_are_found_and_sorted")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
