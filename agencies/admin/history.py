"""History and uploads, to look at."""

from django.contrib import admin

from agencies.access import holds_at_top
from agencies.admin.recorded import ReadOnlyAdmin
from agencies.models import Change, ChangeSet, Upload


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin):
    list_display = ("title", "made_by", "made_at", "door", "reason")
    list_filter = ("door",)
    list_select_related = ("made_by",)
    date_hierarchy = None
    fields = ("title", "reason", "made_by", "made_at", "door", "upload", "undoes")

    def scoped(self, request, roles):
        return ChangeSet.objects.visible_to(request.user)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("label", "model", "agency", "change_set", "cell")
    list_select_related = ("agency", "change_set")
    fields = ("change_set", "model", "object_id", "label", "agency", "cell", "before", "after")

    def scoped(self, request, roles):
        return Change.objects.visible_to(request.user)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "kind", "state", "on", "uploaded_by", "uploaded_at")
    list_filter = ("state", "kind")
    list_select_related = ("uploaded_by",)
    fields = (
        "file_name",
        "kind",
        "state",
        "on",
        "size",
        "counts",
        "problems",
        "reason",
        "uploaded_by",
        "uploaded_at",
    )

    def scoped(self, request, roles):
        found = Upload.objects.all()
        return found if holds_at_top(request.user, self.readers) else found.filter(uploaded_by=request.user)
