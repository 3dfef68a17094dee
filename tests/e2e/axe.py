"""axe-core over a page that is open in a browser: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md"""

from functools import cache
from importlib.resources import files
from typing import Any

RUN = """async () => {
  const found = await window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    preload: false,
  });
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
}"""


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def violations(page: Any) -> list[str]:
    """What breaks a rule, with the elements that do. Everything that opens is opened first."""
    page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach(one => one.click())")
    page.evaluate(_script())
    found: list[str] = page.evaluate(RUN)
    return found
