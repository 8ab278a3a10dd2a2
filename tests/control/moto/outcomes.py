"""A plugin of pytest that writes what became of every test to the file that `EDGEWIT_OUTCOMES` names, as JSON."""

import json
import os

OUTCOMES = {}


def pytest_runtest_logreport(report):
    before = OUTCOMES.get(report.nodeid, {"outcome": "passed", "text": ""})
    if report.failed:
        before = {"outcome": "failed", "text": str(report.longrepr)}
    elif report.skipped and before["outcome"] == "passed":
        before = {"outcome": "skipped", "text": str(report.longrepr)}
    OUTCOMES[report.nodeid] = before


def pytest_sessionfinish():
    with open(os.environ["EDGEWIT_OUTCOMES"], "w", encoding="utf-8") as file:
        json.dump(OUTCOMES, file)
