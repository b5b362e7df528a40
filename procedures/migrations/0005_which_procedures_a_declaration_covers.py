from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procedures", "0004_tally_without_a_key")]

    operations = [
        migrations.AddField(
            model_name="declaration",
            name="covers",
            field=models.CharField(
                choices=[
                    ("all", "All procedures in force on the day"),
                    ("chosen", "Only those chosen; the others leave ISO"),
                    ("none", "None: the procedures stay as they are"),
                ],
                default="all",
                max_length=6,
                verbose_name="procedures covered",
            ),
        ),
        migrations.AddConstraint(
            model_name="declaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("covers__in", ["all", "chosen", "none"])),
                name="declaration_covers_is_known",
            ),
        ),
    ]
