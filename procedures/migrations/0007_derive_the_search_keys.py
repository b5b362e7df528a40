"""The search keys of the procedures and documents already entered, as the search box reads them."""

from django.db import migrations

from iso_rollout.text import text_key


def derive(apps, schema_editor):
    Procedure, Document = apps.get_model("procedures", "Procedure"), apps.get_model("procedures", "Document")
    procedures = list(Procedure.objects.only("code", "name", "field"))
    for p in procedures:
        p.search_key = text_key(p.code, p.name, p.field, codes=[p.code])[:1300]
    Procedure.objects.bulk_update(procedures, ["search_key"], batch_size=500)
    documents = list(Document.objects.only("number", "title", "signer"))
    for d in documents:
        d.search_key = text_key(d.number, d.title, d.signer, codes=[d.number])[:800]
    Document.objects.bulk_update(documents, ["search_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("procedures", "0006_number_of_the_notice")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
