"""The page of `pynn play` in headless Chromium, by selenium: what a person does, and what is drawn then.

Skipped where either is missing. What the server answers is in test_play.py.
"""

from __future__ import annotations

import shutil
from threading import Thread

import pytest

from pynn.play.playground import MOST_ROWS
from pynn.play.server import listen

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")

COLOURS = """
const canvas = arguments[0], bytes = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return new Set(new Uint32Array(bytes.buffer)).size;
"""


class Page:
    """The page, with short names for what is done here."""

    def __init__(self, driver, address):
        self.driver = driver
        driver.get(address)
        self.wait(lambda: self.all(".unit"))

    def __getitem__(self, name):
        return self.driver.find_element("id", name)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def wait(self, condition):
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, 30, 0.05).until(lambda _: condition())

    def choose(self, name, value):
        """As a change by hand does."""
        script = "const form = document.forms[0]; form.elements[arguments[0]].value = arguments[1];"
        self.driver.execute_script(f"{script} form.dispatchEvent(new Event('change'))", name, value)

    def colours(self, canvas):
        return self.driver.execute_script(COLOURS, canvas)

    @property
    def loss(self):
        return float(self["loss-training"].text)

    @property
    def epoch(self):
        return int(self["epochs"].text.replace(",", ""))


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={profile}"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    one = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    size = {"width": 1024, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    one.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield one
    one.quit()


@pytest.fixture
def page(driver):
    """A page of a server of its own, whose console stays empty."""
    with listen("127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        one = Page(driver, server.address)
        one.server = server
        yield one
        assert driver.get_log("browser") == []
        driver.get("about:blank")
        server.shutdown()
        thread.join()


def test_play_trains_until_pause(page):
    began = page.loss
    assert page.epoch == 0 and page["run"].text == "Play"
    page["run"].click()
    assert page["run"].text == "Pause"
    page.wait(lambda: page.epoch >= 15 and page.loss < began / 2)
    page["run"].click()
    page.wait(lambda: page.server.playground.net.epoch == page.epoch)
    assert page["run"].text == "Play" and page["accuracy-test"].text.endswith(" %")
    before = page.epoch
    page["epoch"].click()
    page.wait(lambda: page.epoch == before + 1)
    page["reset"].click()
    page.wait(lambda: page.epoch == 0)
    assert page.loss == began


def test_everything_is_drawn(page):
    page["epoch"].click()
    page.wait(lambda: page.epoch == 1)
    units = page.all(".unit canvas")
    assert len(units) == 2 + 4 + 3 + 1
    assert all(page.colours(unit) > 20 for unit in units)
    assert all(page.colours(page[name]) > 20 for name in ("plane", "lines", "curve"))


def test_everything_fits_on_the_screen(page):
    for _ in range(4):
        count = len(page.all(".column"))
        page["more"].click()
        page.wait(lambda count=count: len(page.all(".column")) == count + 1)
    assert not page["more"].is_enabled() and len(page.all("#units input")) == 6
    page["look"].click()
    page.wait(lambda: page["numbers"].text)
    for selector in ("html", "body", "main", "#settings", "#middle", "#widths", "#walk", "#right"):
        sizes = "const e = arguments[0]; return [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        assert page.driver.execute_script(sizes, page.all(selector)[0]) == [0, 0], selector
    page["fewer"].click()
    page.wait(lambda: len(page.all(".column")) == 7)


def test_settings_begin_anew(page):
    page.choose("data", "spiral")
    page.wait(lambda: page.server.playground.settings.data == "spiral")
    width = page.all("#units input")[0]
    page.driver.execute_script("arguments[0].value = 7; arguments[0].dispatchEvent(new Event('change'))", width)
    page.wait(lambda: len(page.all(".unit")) == 2 + 7 + 3 + 1)
    page.driver.execute_script("arguments[0].value = 99; arguments[0].dispatchEvent(new Event('change'))", width)
    assert page.server.playground.settings.layers == (7, 3)  # the browser says that 8 is the most


def test_a_step_is_walked_through_and_taken(page):
    page["look"].click()
    page.wait(lambda: "Layer 1" in page["numbers"].text)
    assert page["part"].text == "Forward" and not page["back"].is_enabled()
    seen = []
    while page["forth"].is_enabled():
        page["forth"].click()
        seen.append((page["part"].text, page["numbers"].text.splitlines()[0]))
    assert [part for part, _ in seen] == ["Forward"] * 2 + ["Loss"] + ["Backward"] * 3 + ["Update"]
    assert seen[3][1] == "Backward, layer 3" and seen[-1][1].startswith("Step 1: Adam")
    shown = page.server.playground.trace({"rows": 4})["sections"][-1]["html"]
    first = shown.split('tabular-nums">')[1].split("<")[0]
    assert first in page["numbers"].text and page["steps"].text == "0"
    page["take"].click()
    page.wait(lambda: page["steps"].text == "1" and page["part"].text == "Forward")
    page.choose("noise", "0.5")
    page.wait(lambda: page["steps"].text == "0")
    assert page.all("#rows option")[-1].text == str(MOST_ROWS)


def test_a_unit_is_shown_large_by_the_keyboard(page):
    unit = page.all(".unit")[3]
    assert unit.get_attribute("aria-label") == "Unit 2 of layer 1"
    page.driver.execute_script("arguments[0].focus()", unit)
    assert page["shown"].text == "Unit 2 of layer 1"
    bias = page.server.playground.net.get_weights()[1][1]
    assert f"bias {bias:.2f}" in page["caption"].text and "x1:" in page["caption"].text
    page["run"].send_keys(" ")
    page.wait(lambda: page.epoch > 2)
    page["run"].send_keys(" ")
    assert page["shown"].text == "Answer of the network" and page["run"].text == "Play"


def test_a_second_page_sees_what_the_first_has_begun(page):
    page.server.playground.reset({"layers": [6]})
    page["epoch"].click()
    page.wait(lambda: len(page.all(".unit")) == 2 + 6 + 1)


def test_divergence_is_said_and_stops(page):
    page.server.playground.reset({"optimizer": "sgd", "learning_rate": 3, "activation": "linear", "layers": [8] * 6})
    page["run"].click()
    page.wait(lambda: "training diverged" in page["remark"].text)
    page.wait(lambda: page["run"].text == "Play")
    page["reset"].click()
    page.wait(lambda: page["remark"].text == "")


def test_a_server_that_has_ended_is_said(page):
    page.driver.set_network_conditions(offline=True, latency=0, throughput=0)
    page["epoch"].click()
    page.wait(lambda: "start pynn play again" in page["remark"].text)
    page.driver.delete_network_conditions()
    page.driver.get_log("browser")  # the browser's own line about the connection
