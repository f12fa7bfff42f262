"""A headless Chromium, driven through its DevTools protocol: as much of it as the tests of the page need."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import websocket

PROGRAM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "PageDown": 34, "Tab": 9, "End": 35}
#: How long anything on a page may take on a machine that is busy with other tests.
PATIENCE = 30.0


def need() -> None:
    """Skip where there is no Chromium, unless this run must have it."""
    if not PROGRAM:
        if os.environ.get("ARENA_TEST_NEEDS_CHROMIUM"):
            pytest.fail("chromium is missing, and this run needs it (Debian, Ubuntu: the package chromium)")
        pytest.skip("chromium is not installed (Debian, Ubuntu: the package chromium)")


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [
                PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
                "--no-first-run", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars", "--lang=en",
                f"--user-data-dir={folder}", "about:blank",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder), "TZ": "UTC"},
        )  # fmt: skip
        place = folder / "DevToolsActivePort"
        end = time.monotonic() + PATIENCE
        while not (place.exists() and len(place.read_text().splitlines()) == 2):
            assert self.process.poll() is None and time.monotonic() < end, "chromium does not start"
            time.sleep(0.05)
        port, path = place.read_text().split()
        self._socket = websocket.create_connection(f"ws://127.0.0.1:{port}{path}", suppress_origin=True, timeout=PATIENCE, max_size=None)
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> Any:
        """Call a method of the protocol; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        self._socket.send(json.dumps(message))
        while True:
            got = json.loads(self._socket.recv())
            if got.get("id") == self._number:
                assert "error" not in got, f"{method}: {got['error']}"
                return got["result"]
            self.events.append(got)

    def page(self, address: str = "about:blank", width: int = 1200, height: int = 800, dark: bool = False) -> Tab:
        """Open a tab."""
        return Tab(self, address, width, height, dark)

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)


class Tab:
    """One page, in a context of its own."""

    def __init__(self, browser: Browser, address: str, width: int, height: int, dark: bool) -> None:
        self.browser = browser
        self._context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        browser.events.clear()
        if address != "about:blank":
            self.call("Page.navigate", url=address)

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method for this tab."""
        return self.browser.call(method, self._session, **parameters)

    def size(self, width: int, height: int) -> None:
        """Be this large."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def js(self, code: str) -> Any:
        """Return what an expression is worth on the page."""
        found = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, f"{code}: {found['exceptionDetails']}"
        return found["result"].get("value")

    def until(self, code: str, what: str = "") -> None:
        """Wait until an expression is true; what is not there yet is not."""
        end = time.monotonic() + PATIENCE
        while not self.js(f"(() => {{ try {{ return !!({code}) }} catch {{ return false }} }})()"):
            assert time.monotonic() < end, f"waited in vain for {what or code}; the page says:\n{self.text()[:3000]}"
            time.sleep(0.03)

    def text(self, selector: str = "body") -> str:
        """Return the text that can be seen of an element."""
        return str(self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def rows(self) -> list[str]:
        """Return the lines that can be seen."""
        return list(self.js("[...document.querySelectorAll('.row > .text')].map(one => one.textContent)"))

    def press(self, key: str, shift: bool = False) -> None:
        """Press a key."""
        code = KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            more = text if kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, modifiers=8 if shift else 0, **more)

    def type(self, text: str) -> None:
        """Type a text into a field, letter by letter."""
        for letter in text:
            self.call("Input.insertText", text=letter)

    def click(self, selector: str) -> None:
        """Click in the middle of an element, with a real mouse."""
        box = self.js(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView({{block: 'nearest'}});"
            "const box = one.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def complaints(self) -> list[str]:
        """Return what the browser has complained of: errors of scripts, what the policy of the page has refused."""
        self.js("1")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(event["params"]["exceptionDetails"])[:600])
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
                found.append(event["params"]["entry"]["text"])
        # The server ends before the page in some tests, and refuses odd patterns: the page says so, and the browser does, too.
        return [text for text in found if not any(known in text for known in ("net::ERR_CONNECTION_REFUSED", "status of 400"))]

    def requested(self) -> list[str]:
        """Return every address that was asked for."""
        sent = (e for e in self.browser.events if e["method"] == "Network.requestWillBeSent" and e.get("sessionId") == self._session)
        return [event["params"]["request"]["url"] for event in sent]

    def picture(self, name: str) -> Path:
        """Keep a picture of the page where ARENA_TEST_PICTURES says, or nowhere."""
        place = Path(os.environ.get("ARENA_TEST_PICTURES", os.devnull))
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        assert len(data) > 2000
        if place.is_dir():
            (place / f"{name}.png").write_bytes(data)
        return place / f"{name}.png"

    def close(self) -> None:
        """End it."""
        self.browser.call("Target.disposeBrowserContext", browserContextId=self._context)
