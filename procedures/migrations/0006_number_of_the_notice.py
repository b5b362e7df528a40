from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procedures", "0005_which_procedures_a_declaration_covers")]

    operations = [
        migrations.AddField(
            model_name="declaration",
            name="notice_number",
            field=models.CharField(blank=True, max_length=80, verbose_name="number of the notice"),
        ),
    ]
