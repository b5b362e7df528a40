from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0008_learned_names")]

    operations = [
        migrations.AddField(
            "pastidentity", "search_key", models.CharField(default="", editable=False, max_length=400)
        ),
    ]
