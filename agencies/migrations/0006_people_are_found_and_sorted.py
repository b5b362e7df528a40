"""Keys by which people are found without accents and listed by given name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0005_agency_is_not_below_itself")]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AlterModelOptions(
            name="user",
            options={
                "ordering": ["sort_key", "username"],
                "verbose_name": "person",
                "verbose_name_plural": "people",
            },
        ),
        migrations.AddField("user", "search_key", models.CharField(default="", editable=False, max_length=700)),
        migrations.AddField("user", "sort_key", models.CharField(default="", editable=False, max_length=400)),
    ]
