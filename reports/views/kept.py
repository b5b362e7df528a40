"""Pages of figures whose blocks are kept as ready text until something in the register changes.

The template costs as much as the queries, so what is kept is what it made. It is rendered without the request: no
token, name, message or count of one person's can get into it. The frame around it is made anew for each request.
"""

from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from agencies.cached import cached

BLOCKS = ("title", "heading", "breadcrumbs", "subheading", "actions", "content")
BETWEEN = "\x1e"  # stands between the blocks in reports/_pieces.html and in no text of the register


def pieces(template, values):
    """The blocks of a page as a list of ready texts. The template begins with `{% extends frame|default:"base.html" %}`."""
    return render_to_string(template, values | {"frame": "reports/_pieces.html"}).split(BETWEEN)


def kept_page(request, name, view, *parts, build):
    """A page of figures as seen from `view`; its blocks are the same for everybody with the same reach.

    `build()` gives its `pieces`; `parts`: further plain values of the address that they depend on, not a name or role.
    What `build` raises is raised. A page whose day could not be read is not kept.
    """
    scope = view.scope.pk if view.scope else None
    if view.status == 200:
        made = cached(f"page {name}", scope, view.on, view.query(), *parts, user=view.user, build=build)
    else:
        made = build()
    blocks = {block: mark_safe(text) for block, text in zip(BLOCKS, made, strict=True)}
    return render(request, "reports/kept.html", {"pieces": blocks}, status=view.status)
