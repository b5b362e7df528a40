"""The database itself refuses circles, levels upside down and deletion, whoever writes.

A path that always continues the parent's own path cannot run in a circle.
"""

from django.db import migrations

RANK = "(CASE {}.level WHEN 'province' THEN 0 WHEN 'district' THEN 1 ELSE 2 END)"

POSTGRESQL = f"""
CREATE FUNCTION agency_keeps_its_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent record;
BEGIN
    IF NEW.parent_id IS NULL THEN
        IF NEW.path <> lpad(NEW.id::text, 8, '0') THEN
            RAISE EXCEPTION 'agency_path_follows_parent' USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        SELECT * INTO parent FROM agencies_agency WHERE id = NEW.parent_id;
        IF FOUND AND NEW.path <> parent.path || lpad(NEW.id::text, 8, '0') THEN
            RAISE EXCEPTION 'agency_path_follows_parent' USING ERRCODE = 'check_violation';
        END IF;
        IF FOUND AND {RANK.format("parent")} > {RANK.format("NEW")} THEN
            RAISE EXCEPTION 'agency_level_not_above_parent' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.level <> OLD.level AND EXISTS (
        SELECT 1 FROM agencies_agency child WHERE child.parent_id = NEW.id
        AND {RANK.format("child")} < {RANK.format("NEW")}
    ) THEN
        RAISE EXCEPTION 'agency_level_not_above_parent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agency_keeps_its_place BEFORE INSERT OR UPDATE OF path, parent_id, level, id
    ON agencies_agency FOR EACH ROW EXECUTE FUNCTION agency_keeps_its_place();
CREATE FUNCTION agency_is_not_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'agency_is_not_deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER agency_is_not_deleted BEFORE DELETE
    ON agencies_agency FOR EACH ROW EXECUTE FUNCTION agency_is_not_deleted();
"""
POSTGRESQL_BACK = """
DROP TRIGGER agency_keeps_its_place ON agencies_agency;
DROP FUNCTION agency_keeps_its_place();
DROP TRIGGER agency_is_not_deleted ON agencies_agency;
DROP FUNCTION agency_is_not_deleted();
"""

_PLACE = f"""
BEGIN
    SELECT RAISE(ABORT, 'agency_path_follows_parent') WHERE NEW.path <>
        coalesce((SELECT path FROM agencies_agency WHERE id = NEW.parent_id), '') || printf('%08d', NEW.id);
    SELECT RAISE(ABORT, 'agency_level_not_above_parent') WHERE EXISTS (
        SELECT 1 FROM agencies_agency parent WHERE parent.id = NEW.parent_id
        AND {RANK.format("parent")} > {RANK.format("NEW")}
    ) OR EXISTS (
        SELECT 1 FROM agencies_agency child WHERE child.parent_id = NEW.id
        AND {RANK.format("child")} < {RANK.format("NEW")}
    );
END
"""
SQLITE = [
    f"CREATE TRIGGER agency_keeps_its_place_new BEFORE INSERT ON agencies_agency {_PLACE}",
    f"CREATE TRIGGER agency_keeps_its_place BEFORE UPDATE OF path, parent_id, level, id ON agencies_agency {_PLACE}",
    """CREATE TRIGGER agency_is_not_deleted BEFORE DELETE ON agencies_agency
    BEGIN SELECT RAISE(ABORT, 'agency_is_not_deleted'); END""",
]
SQLITE_BACK = [
    "DROP TRIGGER agency_keeps_its_place_new",
    "DROP TRIGGER agency_keeps_its_place",
    "DROP TRIGGER agency_is_not_deleted",
]


def _run(statements):
    def step(apps, schema_editor):
        for statement in statements[schema_editor.connection.vendor]:
            # Straight to the cursor: the per cent signs are the database's own.
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return step


class Migration(migrations.Migration):
    dependencies = [("agencies", "0001_initial")]

    operations = [
        migrations.RunPython(
            _run({"postgresql": [POSTGRESQL], "sqlite": SQLITE}),
            _run({"postgresql": [POSTGRESQL_BACK], "sqlite": SQLITE_BACK}),
        )
    ]
