"""Every kind of list that the register takes: {name: kind}. Each is loaded when it is asked for."""

from importlib import import_module

_HOME = {
    "agencies": ("procedures.imports.agencies_declared", "AgencyAndDeclarationList"),
    "declarations": ("procedures.imports.declaration_list", "DeclarationList"),
    "procedures": ("procedures.imports.catalogue", "ProcedureList"),
    "plan": ("procedures.imports.plan_list", "PlanList"),
    "people": ("agencies.imports.people_list", "PeopleList"),
    "agency-procedures": ("procedures.imports.duty_list", "DutyList"),
}
# Lists as offices write them. Beside them the register takes back the workbooks that it gave out.
NAMES = tuple(_HOME)
_HOME["update"] = ("procedures.workbooks.kind", "UpdateWorkbook")


def kind(name):
    """The `ListKind` of a name. Raises KeyError for a kind that there is not."""
    module, cls = _HOME[name]
    return getattr(import_module(module), cls)()
