"""Search keys in the database: which rows hold the words that somebody typed."""

from django.db.models import Case, Q, Value, When


def holds(words, column="search_key"):
    """The condition that a key holds every one of some typed words (`iso_rollout.text.Query`)."""
    condition = Q()
    for word in words:
        condition &= holds_one(word, column)
    return condition


def holds_one(word, column="search_key"):
    """The condition that a key holds one typed word, or its beginning."""
    condition = Q()
    for piece in word.pieces:
        condition |= Q(**{f"{column}__contains": piece})
    return condition


def nearest_first(query, column="search_key"):
    """An order that puts rows with the words as they were typed, one after the other, before the rest.

    It only decides which rows come along when there are too many; `iso_rollout.text.fit` ranks those.
    """
    phrase = " ".join(query.form)
    whens = [
        When(**{f"{column}__contains": text}, then=Value(place))
        for place, text in enumerate((f" {query.whole} ", f" {phrase} ", f" {phrase}"))
    ]
    return Case(*whens, default=Value(len(whens)))
