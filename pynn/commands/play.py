"""`pynn play`: starts the server of pynn/play/, opens its page in the browser, and runs until Ctrl-C.

The address is printed in any case, so that it can be opened by hand. Read play/server.py for what is served.
"""

from __future__ import annotations

import argparse
import os
import sys
from threading import Thread


def play(options: argparse.Namespace) -> int:
    from ..play.server import listen  # here, so that no other command waits for http.server to be imported

    with listen(options.host, options.port) as server:
        print(f"pynn play: {server.address}  (Ctrl-C ends it)", flush=True)
        if options.browser:
            _open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\npynn play has ended.")
    return 0


def _open(address: str) -> None:
    """In a thread, since some browsers return only when they are closed; not where there is no screen: a browser in
    the terminal would take it over."""
    if sys.platform.startswith("linux") and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))):
        return
    import webbrowser

    Thread(target=webbrowser.open, args=(address,), daemon=True).start()
