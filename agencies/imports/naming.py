"""Naming: for lists whose rows speak of agencies on record. Each row's agency, or a problem and a question."""

from iso_rollout.sheets import Problem
from iso_rollout.text import tone_key

from .checked import Question
from .matching import Matcher


class Naming:
    """Finds the agency of each row of one list and collects what has to be asked."""

    def __init__(self, checked, register, options, *, code="code", name="name"):
        self.checked, self.register = checked, register
        checked.register = register
        self.code, self.name = code, name
        self.matcher = Matcher(register, options.answers)
        self.how = {}  # id of a row → by what it was matched
        self.questions = {}

    def error(self, code, message, row, name, /, **params):
        field = self.checked.reading.kind.by_name.get(name)
        self.checked.errors.append(
            Problem(code, message, row.sheet, row.cell(name), field.title if field else "", params)
        )

    def agency_of(self, row):
        """The `Known` agency of a row, or None with the problem named."""
        values = row.values
        text, code = values.get(self.name, ""), values.get(self.code)
        if not text and not code:
            if (
                not {(row.sheet, row.cell(n)) for n in (self.name, self.code)}
                & self.checked.reading.wrong_cells
            ):
                self.error("E_REQUIRED", "The row does not say which agency.", row, self.name)
            return None
        unit_type, place = values.get("unit_type"), self.matcher.place_of(row)
        match = self.matcher.match(
            text, code=code, unit_type=unit_type, place=place, level=values.get("level")
        )
        self.how[id(row)] = match.how
        if match.agency is None:
            self._ask(row, match, place)
            return None
        if match.how == "code" and text and not self._agrees(text, unit_type, match.agency):
            self.checked.warnings.append(
                Problem(
                    "W_NAME_DIFFERS", "The code belongs to “%(name)s”; the row says “%(text)s”. The code was taken.",
                    row.sheet, row.cell(self.name), "", {"name": match.agency.name, "text": text},
                )
            )  # fmt: skip
        if match.how == "answer":
            scope = place.agency.id if place.agency else None
            self.checked.learned.append((text, unit_type, scope, match.agency.id))
        return match.agency

    def _agrees(self, text, unit_type, known):
        if tone_key(text) == tone_key(known.name):
            return True
        return any(k.id == known.id for k in self.matcher.find(text, unit_type))

    def _ask(self, row, match, place):
        text, code, unit_type = (row.values.get(n) for n in (self.name, self.code, "unit_type"))
        text = text or ""
        if match.how == "unknown_code":
            return self.error(
                "E_AGENCY_UNKNOWN", "No agency has the code %(code)s.", row, self.code, code=code
            )
        key = self.matcher.question_key(text, unit_type, place)
        if key not in self.questions:
            candidates = [] if place.is_unknown else self.matcher.candidates(text, match.candidates, place)
            scope = place.agency.name if place.agency else place.text if place.is_unknown else ""
            self.questions[key] = question = Question(key, text, scope, candidates)
            self.checked.questions.append(question)
        question = self.questions[key]
        question.places.append((row.sheet, row.cell(self.name)))
        names = "; ".join(f"{c.name} ({c.parents})" if c.parents else c.name for c in question.candidates)
        if place.is_unknown:
            source = next((n for n in ("district", "parent") if row.values.get(n)), self.name)
            self.error("E_PARENT_UNKNOWN", "“%(text)s” is not in the register.", row, source, text=place.text)
        elif match.how == "ambiguous":
            self.error(
                "E_AGENCY_AMBIGUOUS", "“%(text)s” may be: %(names)s.", row, self.name, text=text, names=names
            )
        elif names and self.matcher.former(text):
            self.error(
                "E_AGENCY_UNKNOWN", "“%(text)s” was renamed or merged. Now: %(names)s. Say of which day the list speaks, or choose it.",
                row, self.name, text=text, names=names,
            )  # fmt: skip
        elif names:
            self.error("E_AGENCY_UNKNOWN", "No agency is called “%(text)s” here. Nearly so: %(names)s.", row, self.name,
                       text=text, names=names)  # fmt: skip
        else:
            self.error("E_AGENCY_UNKNOWN", "No agency is called “%(text)s” here.", row, self.name, text=text)
        return None
