"""Addresses and answers, for the tests of the writing screens."""

from django.urls import reverse


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
