"""What every page shows: navigation by role, the province's name, the notice of the demonstration."""

from django.conf import settings


def site(request):
    return {"province_name": settings.PROVINCE_NAME}
