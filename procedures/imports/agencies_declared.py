"""Lists of agencies that also say under which standard each declared, when and by which decision."""

from agencies.imports.agency_list import AgencyList
from agencies.imports.checked import CHANGED, NEW, UNCHANGED, WRONG, Difference
from iso_rollout.sheets import Problem
from iso_rollout.sheets.rows import denies
from procedures.imports.statements import Statements


class AgencyAndDeclarationList(AgencyList):
    """A list of agencies with the columns of a declaration beside it, where it has them."""

    def judge(self, reading, *, user, on, options):
        checked = super().judge(reading, user=user, on=on, options=options)
        statements = Statements(checked, several=options.several)
        of_line = {}
        for line in checked.lines:
            values = line.plan.row.values
            if not (values.get("number") or values.get("declared_on")) or line.outcome == WRONG:
                continue
            if denies(values.get("status")):
                self._warn(
                    checked, line, "W_NOT_DECLARED", "It says “%(answer)s”; the declaration was not taken.",
                    answer=values["status"],
                )  # fmt: skip
                continue
            if "standard" not in values:
                self._warn(
                    checked, line, "W_NO_STANDARD", "The standard is missing; the declaration was not taken."
                )
                continue
            if _is_covered(line.plan):
                self._warn(
                    checked,
                    line,
                    "W_NOT_A_UNIT",
                    "It has no system of its own; the declaration was not taken.",
                )
                continue
            known = line.plan.known
            of_line[id(line)] = statements.add(line.plan.row, known or line.plan, known.id if known else None)
        statements.compare()
        for line in checked.lines:
            statement = of_line.get(id(line))
            if statement is None:
                continue
            if statement.is_wrong:
                line.outcome = WRONG
            elif line.outcome == UNCHANGED and statement.outcome != UNCHANGED:
                line.outcome = CHANGED
            if statement.outcome == NEW and line.outcome == CHANGED:
                told = f"{statement.standard.code} {statement.number}".strip()
                new = Difference("declaration", "", "", told, statement.row.cell("number"))
                line.differences = (*line.differences, new)
            elif statement.outcome == CHANGED:
                line.differences = (*line.differences, *statement.differences)
        checked.statements, checked.of_line = statements, of_line
        return checked

    @staticmethod
    def _warn(checked, line, code, message, /, **params):
        row = line.plan.row
        checked.warnings.append(Problem(code, message, row.sheet, row.cell("name"), "", params))

    def write(self, checked, *, change_set, by, options):
        super().write(checked, change_set=change_set, by=by, options=options)
        lines, agencies = {}, {}
        for line in checked.lines:
            if statement := checked.of_line.get(id(line)):
                lines[statement], agencies[statement] = line, line.plan.agency
        checked.statements.write(agencies, lines, by=by, change_set=change_set)


def _is_covered(node):
    if node.known is not None:
        return node.known.covered_by_id is not None
    return node.is_covered
