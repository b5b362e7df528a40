"""The board says what the command says, and each target opens its list."""

import re

import pytest

pytestmark = pytest.mark.browser


def number(text):
    """ "6.894" as a person reads it."""
    return int(text.strip().replace(".", ""))


def rows_behind(page):
    """Rows of the list that is open, counted page by page."""
    rows = 0
    while True:
        rows += page.locator(".card.flush tbody tr").count()
        onward = page.locator(".pages a[rel=next]")
        if not onward.count():
            return rows
        onward.click()


@pytest.mark.parametrize("day", ["2020-06-07", "2020-12-31", "2021-12-30"])
def test_the_board_shows_the_figures_of_the_command(browser_of, register, day):
    figures = register.figures(day)
    page = browser_of("lanhdao")
    page.goto(f"/?on={'/'.join(reversed(day.split('-')))}")

    foot = page.locator("table[aria-labelledby=units] tfoot td").all_inner_texts()
    assert [number(foot[0]), number(foot[1])] == [figures["units"]["declared"], figures["units"]["total"]]
    body = page.locator("table[aria-labelledby=units] tbody tr")
    for row, level in zip(body.all(), ("province", "district", "commune"), strict=True):
        cells = row.locator("td").all_inner_texts()
        expected = figures["units"]["by_level"][level]
        assert [number(cells[0]), number(cells[1])] == [expected["declared"], expected["total"]]

    facts = dict(
        zip(
            page.locator(".facts dt").all_inner_texts(),
            page.locator(".facts dd").all_inner_texts(),
            strict=True,
        )
    )
    for code, declared in figures["units"]["by_standard"].items():
        assert number(facts[code]) == declared
    forms = {"BUILD": "Xây dựng mới", "CONVERT": "Chuyển đổi", "EXTEND": "Mở rộng", "E_ISO": "ISO điện tử"}
    assert {form: number(facts[label]) for form, label in forms.items()} == figures["rollouts"]

    cards = page.locator(".kpi")
    assert cards.count() == len(figures["targets"])
    for card, target in zip(cards.all(), figures["targets"], strict=True):
        value = card.locator(".value").inner_text()
        if target["metric"] == "units":
            assert [number(part) for part in value.split("/")] == [target["actual"], target["target"]]
        else:
            assert value.replace(" ", "") == f"{figures['procedures']['percent']:.1f}%".replace(".", ",")
            part, whole = re.search(r"([\d.]+)/([\d.]+)", card.locator(".note").inner_text()).groups()
            assert number(part) == figures["procedures"]["under_iso"]
            assert number(whole) == figures["procedures"]["in_force"]


@pytest.mark.parametrize("day", ["07/06/2020", "31/12/2020"])
def test_each_target_opens_a_list_of_that_many_rows(browser_of, day):
    page = browser_of("lanhdao")
    page.goto(f"/?on={day}")
    targets = page.locator(".kpi h3 a")
    for position in range(targets.count()):
        expected = int(targets.nth(position).get_attribute("data-figure"))
        targets.nth(position).click()
        shown = int(page.locator("[data-count]").get_attribute("data-count"))
        assert shown == expected
        if expected <= 200:
            assert rows_behind(page) == expected
        page.goto(f"/?on={day}")


def test_a_phone_shows_both_days_and_their_difference_beside_each_other(browser_of):
    page = browser_of("lanhdao", width=390)
    page.goto("/so-sanh/?from=08/06/2020&on=31/10/2020")
    box = page.locator(".scroll:has(.both-days)")
    assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
