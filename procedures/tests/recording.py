"""Addresses and answers, for the tests of the writing screens."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from iso_rollout.papers.tests import samples
from procedures.models.files import receive


def url_of(act, place, *more):
    """Where an act on the rollout of `place` is recorded."""
    return reverse(act, args=[place.agency.pk, place.rollout.pk, *more])


def texts(response):
    """The messages that the page shows."""
    return [str(m) for m in response.context["messages"]]


def send_again(client, response):
    """Send the form of a page of two versions, as it is."""
    form = response.context["form"]
    return client.post(form.action, {name: form[name].value() or "" for name in form.fields})


def sent(name="Quyết định 12.pdf", data=None):
    """A file as a browser sends it; a PDF of its own for each name."""
    if data is None:
        data = samples.pdf(lambda made: made.docinfo.__setitem__("/Title", name))
    return SimpleUploadedFile(name, data)


def kept(name="Quyết định 12.pdf", data=None):
    """A file that was looked into and stored."""
    return receive(sent(name, data))
