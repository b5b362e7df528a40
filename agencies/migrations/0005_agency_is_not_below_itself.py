"""The database refuses circles too: a path can follow the parent's and still lead back to the agency."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION agency_is_not_below_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM agencies_agency parent
        WHERE parent.id = NEW.parent_id AND left(parent.path, length(OLD.path)) = OLD.path
    ) THEN
        RAISE EXCEPTION 'agency_is_not_below_itself' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agency_is_not_below_itself BEFORE UPDATE OF parent_id, path
    ON agencies_agency FOR EACH ROW EXECUTE FUNCTION agency_is_not_below_itself();
"""
POSTGRESQL_BACK = """
DROP TRIGGER agency_is_not_below_itself ON agencies_agency;
DROP FUNCTION agency_is_not_below_itself();
"""
SQLITE = """
CREATE TRIGGER agency_is_not_below_itself BEFORE UPDATE OF parent_id, path ON agencies_agency
BEGIN
    SELECT RAISE(ABORT, 'agency_is_not_below_itself') WHERE EXISTS (
        SELECT 1 FROM agencies_agency parent
        WHERE parent.id = NEW.parent_id AND substr(parent.path, 1, length(OLD.path)) = OLD.path
    );
END
"""
SQLITE_BACK = "DROP TRIGGER agency_is_not_below_itself"


def _run(statements):
    def step(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(statements[schema_editor.connection.vendor])

    return step


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_agency_tree_guard")]

    operations = [
        migrations.RunPython(
            _run({"postgresql": POSTGRESQL, "sqlite": SQLITE}),
            _run({"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK}),
        )
    ]
