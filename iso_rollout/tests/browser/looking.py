"""Look at a page as a program can: accessibility, and whether anything leaves its place."""

from axe_playwright_python.base import AXE_SCRIPT

from iso_rollout.tests.browser.browsing import WIDTHS

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    # It would load every style sheet a second time, in a way that the policy refuses.
    "preload": False,
}

# The document itself, and what a card cuts off or lets hang out. A box that scrolls may be wider inside.
OVERFLOW = """
() => {
  const found = [], page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.push(`the document is ${page.scrollWidth} wide`);
  const inside = (e) => {
    for (let p = e.parentElement; p; p = p.parentElement) {
      const s = getComputedStyle(p);
      if (s.overflowX !== "visible" || s.clip !== "auto") return true;
    }
    return getComputedStyle(e).clip !== "auto";
  };
  for (const card of document.querySelectorAll(".card, .scope-bar, .notice, .page-head, .filters")) {
    const edge = Math.min(card.getBoundingClientRect().right, innerWidth) + 1;
    for (const e of card.querySelectorAll("*:not(svg *)")) {
      if (e.getBoundingClientRect().right <= edge || e.closest("option") || inside(e)) continue;
      found.push(`${e.tagName}.${e.className} leaves .${card.className}: ${e.textContent.trim().slice(0, 40)}`);
      break;
    }
  }
  return found;
}
"""

# What a cell holds lies within it, not upon the next.
CELLS = """
() => [...document.querySelectorAll(".table.to-cards td[data-label]")]
  .filter(cell => cell.scrollWidth > cell.clientWidth + 1)
  .map(cell => `${cell.dataset.label} leaves its cell: ${cell.textContent.trim().slice(0, 40)}`)
"""

# A code, a number or a day stands on one line: it does not come apart at its hyphen or slash, nor a word within.
# A paper shows its columns as they will be printed.
BROKEN = """
() => {
  const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode, word = text.data.trim();
    const shown = text.parentElement.offsetWidth > 1 && !text.parentElement.closest(".paper");
    if (!shown || !/^(?=.*\\d|[^-]*$)\\S{2,14}$/.test(word)) continue;
    const range = document.createRange();
    range.setStart(text, text.data.indexOf(word));
    range.setEnd(text, text.data.indexOf(word) + word.length);
    const lines = new Set(Array.from(range.getClientRects()).filter((r) => r.width > 0).map((r) => Math.round(r.top)));
    if (lines.size > 1) found.push(`${word} is broken in ${text.parentElement.tagName}.${text.parentElement.className}`);
  }
  return found.slice(0, 5);
}
"""


# A number that a form sends back in figures grouped for reading is another number, or none.
GROUPED = """
() => [...document.querySelectorAll("option, button, input[type=hidden], input[type=checkbox], input[type=radio]")]
  .filter(control => /^\\d{1,3}([.,]\\d{3})+$/.test(control.value))
  .map(control => `sends a grouped number: ${control.name || control.parentElement.name} = ${control.value}`)
"""


def violations(page):
    """What axe finds against WCAG 2.2 A and AA."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (rules) => (await axe.run(document, rules)).violations", RULES)
    return [
        f"{v['id']}: {v['help']}: " + "; ".join(node["html"][:160] for node in v["nodes"][:3]) for v in found
    ]


def at_width(page, width):
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})


def faults_at(page, widths, *, axe_at=(390, 1366)):
    """Everything wrong with the page at these widths, widest first."""
    found = page.evaluate(GROUPED)
    for width in sorted(widths, reverse=True):
        at_width(page, width)
        found += [
            f"{width} px: {fault}"
            for fault in [*page.evaluate(OVERFLOW), *page.evaluate(BROKEN), *page.evaluate(CELLS)]
        ]
        if width in axe_at:
            found += [f"{width} px: {fault}" for fault in violations(page)]
    return found
