"""In the child process: fill a Word template. Nothing of Django is loaded here.

Standard input: the length of a JSON head, the head, the template, the chart. Standard output: the document, or for
exit code 2 what is wrong.
"""

import io
import json
import re
import sys
import warnings

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment


def main():
    warnings.simplefilter("ignore")
    stream = sys.stdin.buffer
    head = json.loads(stream.read(int(stream.readline())))
    _limit(head["seconds"])
    data, image = stream.read(head["template"]), stream.read()
    try:
        answer = (_check if head["task"] == "check" else _fill)(data, head["values"], image)
    except UndefinedError as fault:
        _stop("unknown", _name_in(str(fault)))
    except TemplateSyntaxError as fault:
        _stop("syntax", str(fault.message)[:200])
    except SecurityError as fault:
        _stop("refused", str(fault)[:200])
    except MemoryError:
        sys.exit(3)
    except Exception as fault:  # lxml, zipfile and docx each raise their own
        _stop("damaged", str(fault)[:200])
    sys.stdout.buffer.write(answer)


def _limit(seconds):
    import resource

    from reports.papers.limits import MEMORY

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _environment():
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _fill(data, values, image):
    from docx.shared import Cm
    from docxtpl import DocxTemplate, InlineImage

    template = DocxTemplate(io.BytesIO(data))
    template.init_docx()
    values = values | {"bieu_do": InlineImage(template, io.BytesIO(image), width=Cm(16)) if image else ""}
    template.render(values, jinja_env=_environment(), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def _check(data, values, image):
    """Names that no report has. Filling finds those inside loops, one at a time; these are found at once."""
    from docxtpl import DocxTemplate

    template = DocxTemplate(io.BytesIO(data))
    known = {*values, "bieu_do"}
    return json.dumps(sorted(template.get_undeclared_template_variables(_environment()) - known)).encode()


def _name_in(text):
    found = re.search(r"'([^']+)'(?: is undefined)?$", text) or re.search(r"'([^']+)'", text)
    return found[1] if found else text[:80]


def _stop(fault, name):
    sys.stdout.buffer.write(json.dumps({"fault": fault, "name": name}).encode())
    sys.stdout.flush()
    sys.exit(2)
