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
    found = []
    for width in sorted(widths, reverse=True):
        at_width(page, width)
        found += [f"{width} px: {fault}" for fault in page.evaluate(OVERFLOW)]
        if width in axe_at:
            found += [f"{width} px: {fault}" for fault in violations(page)]
    return found
