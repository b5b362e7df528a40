"""Foot: what stands below the rows of a table and is none of them, whatever it looks like."""

import re

from iso_rollout.text import parse_form, parse_unit_name

from .contents import reads
from .frame import FOOT_WORDS, NOTE_WORDS
from .grid import as_text
from .markers import first_text, is_number
from .problems import Reason
from .totals import LONGEST
from .verdicts import BELOW_SIGNATURE, DATA, FOOTER, GROUP, NOTE, NUMBERED_NAME, OTHER_TABLE

LONGEST_FOOT = 20  # rows of signatures and recipients


class Foot:
    """The end of a table: totals, notes, signatures, recipients, tables of another kind.

    `header_ends`: the last row of the heading; `order`: the column of running numbers; `evidence`: [(column, field)].
    """

    def __init__(self, grid, *, header_ends, order, evidence):
        self.grid, self.header_ends, self.order, self.evidence = grid, header_ends, order, evidence

    def end(self, found, by_person):
        """After the last row of data only totals, notes and the foot remain, whatever they look like.

        Below the heading of another table nothing is read.
        """
        below = [at for at, v in found.others() if v.reason is OTHER_TABLE and v.number > self.header_ends]
        for position in range(below[0] + 1, len(found)) if below else ():
            reason = Reason("below the heading of another table")
            found.put(position, found[position]._replace(cls=FOOTER, reason=reason, marker=""))
        is_signed = False
        for position in range(max(0, len(found) - LONGEST_FOOT), len(found)):
            # Signatures stand in any column, also where evidence would; the names of who signed stand below them.
            verdict = found[position]
            is_signed = self._is_foot(verdict.number) or (is_signed and self._is_signature(verdict))
            if verdict.cls == DATA and verdict.number not in by_person and is_signed:
                found.put(position, self._at_foot(verdict))
        places = found.data()
        last = places[-1] if places else -1
        for position, verdict in found.others():
            is_row = verdict.reason in (NUMBERED_NAME, BELOW_SIGNATURE) or "answer" in verdict.reason.params
            is_foot = verdict.cls in (GROUP, NOTE) and not is_row
            if position > last >= 0 and is_foot and verdict.number not in by_person:
                below = Reason("below the last row of the table")
                found.put(position, verdict._replace(cls=FOOTER, reason=below, marker=""))
        return found

    def _is_foot(self, number):
        if not (filled := self.grid.filled(number)):
            return False
        _, text = first_text(filled, self.order)
        has_number = any(column == self.order and is_number(as_text(value)) for column, value in filled)
        told = text[:LONGEST]
        return bool(FOOT_WORDS.match(told) or NOTE_WORDS.match(told)) and not has_number

    def _is_signature(self, verdict):
        """Below the words of a signature: a name that is no agency's and has no running number."""
        marker = self.grid.text(verdict.number, self.order) if self.order else "1"
        name = parse_unit_name(self.grid.text(verdict.number, verdict.column or 1))
        return not (marker or name.kind or name.is_committee)

    def _at_foot(self, verdict):
        """A name with figures or a form beside it is not of those who signed: it is left out and told."""
        figures = any(re.search("[0-9]", as_text(value)) for _, value in self.grid.filled(verdict.number))
        forms = any(
            field_.type == "form" and reads(parse_form, value)
            for column, field_ in self.evidence
            if (value := self.grid.text(verdict.number, column))
        )
        if (figures or forms) and not self._is_foot(verdict.number):
            text = self.grid.text(verdict.number, verdict.column or 1)
            return verdict._replace(cls=NOTE, reason=BELOW_SIGNATURE, text=text)
        return verdict._replace(cls=FOOTER, reason=Reason("words of a signature or of recipients"))
