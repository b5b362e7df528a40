"""In the child process: fill a Word template. Nothing of Django is loaded here.

Standard input: the length of a JSON head, the head, the template, the chart. Standard output: DONE and the document,
or FAULT and what is wrong, as JSON.
"""

import io
import json
import re
import sys
import warnings

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from iso_rollout import child
from reports.papers import limits
from reports.papers.limits import DONE, FAULT


def main():
    warnings.simplefilter("ignore")
    stream = sys.stdin.buffer
    head = json.loads(stream.read(int(stream.readline())))
    child.limit(memory=limits.MEMORY, cpu_seconds=head["seconds"])
    data, image = stream.read(head["template"]), stream.read()
    try:
        answer = DONE + (_check if head["task"] == "check" else _fill)(data, head["values"], image)
    except UndefinedError as fault:
        answer = _fault("unknown", _name_in(str(fault)))
    except TemplateSyntaxError as fault:
        # Jinja speaks English: of its sentence only the sign or word at fault is told.
        quoted = re.findall(r"'([^']+)'", str(fault.message))
        unclosed = "end of" in str(fault.message)
        answer = _fault("unclosed" if unclosed else "syntax", quoted[-1 if unclosed else 0] if quoted else "")
    except SecurityError as fault:
        answer = _fault("refused", _name_in(str(fault)))
    except (ArithmeticError, TypeError, ValueError) as fault:
        # docx and zipfile raise these too, when there is no document to fill.
        answer = _fault("senseless" if _is_document(data) else "damaged", str(fault)[:200])
    except MemoryError:
        sys.exit(child.TOO_MUCH_MEMORY)
    except Exception as fault:  # lxml, zipfile and docx each raise their own
        answer = _fault("damaged", str(fault)[:200])
    sys.stdout.buffer.write(answer)


def _environment():
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _fill(data, values, image):
    from docx.shared import Cm
    from docxtpl import DocxTemplate, InlineImage

    template = DocxTemplate(io.BytesIO(data))
    template.init_docx()
    values = values | {
        "bieu_do": _sealed(InlineImage(template, io.BytesIO(image), width=Cm(16))) if image else ""
    }
    template.render(values, jinja_env=_environment(), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def _sealed(chart):
    """The chart as a placeholder without attributes: from docxtpl's own a template gets at every file of the server."""

    class Chart:
        def __html__(self):
            return chart.__html__()

        __str__ = __html__

    return Chart()


def _check(data, values, image):
    """Names that no report has. Filling finds those inside loops, one at a time; these are found at once."""
    from docxtpl import DocxTemplate

    template = DocxTemplate(io.BytesIO(data))
    known = {*values, "bieu_do"}
    return json.dumps(sorted(template.get_undeclared_template_variables(_environment()) - known)).encode()


def _is_document(data):
    from docx import Document

    try:
        return bool(Document(io.BytesIO(data)))
    except Exception:
        return False


def _name_in(text):
    found = re.search(r"'([^']+)'(?: is undefined)?$", text) or re.search(r"'([^']+)'", text)
    return found[1] if found else text[:80]


def _fault(fault, name):
    return FAULT + json.dumps({"fault": fault, "name": name}).encode()
