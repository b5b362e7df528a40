from django.db import migrations


class Migration(migrations.Migration):
    """Two lines of work met."""

    dependencies = [
        ("agencies", "0003_learned_names"),
        ("agencies", "0007_derive_the_keys_of_people"),
    ]
    operations = []
