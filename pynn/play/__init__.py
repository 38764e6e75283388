"""`pynn play`: a page in the browser where a small network learns points in the plane while one watches.

points.py draws the points, settings.py checks what the page asks for, playground.py has the network and all numbers,
server.py answers the browser. Everything is computed here; the files in page/ only draw it. docs/play.md is for whoever
uses it.
"""
