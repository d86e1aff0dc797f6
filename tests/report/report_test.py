#!/usr/bin/env python3
"""Reports of a made-up study whose names and errors carry markup (made_study.cpp).

commands  report, compare, pack, export of prompt cards and status --diagnose, and what they refuse
search    tables of a search: configurations, the chosen one on fresh seeds, importance; Optuna's, where there is one
page      one self-contained page, readable without scripts: every link leads somewhere, nothing is fetched
browser   the page in headless Chromium: no errors, every plot drawn, links work, no markup of the study runs; neither the
          light nor the dark page is blank or hard to read
"""
import argparse
import csv
import html
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import picture

SKIP = 77
PARTS = ["Summary", "Scores", "Comparisons over tasks", "Learning curves", "Score, parameters and hours",
         "Spread over seeds", "Attention over prompts", "Prompt similarity", "Searches", "Hyperparameters",
         "Importance of hyperparameters", "Failures", "Trials"]


def run(*command, code=0):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


class Page(html.parser.HTMLParser):
    """Ids, links and everything that a browser would fetch."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched, self.scripts, self.headings = set(), [], [], 0, []
        self.in_heading = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        if tag in ("img", "iframe") or "src" in attributes or any(name.startswith("on") for name in attributes):
            self.fetched.append((tag, attributes))
        if tag == "link" and attributes.get("href") != "data:,":
            self.fetched.append((tag, attributes))
        self.scripts += tag == "script"
        self.in_heading = tag == "h2"

    def handle_data(self, data):
        if self.in_heading:
            self.headings.append(data)
            self.in_heading = False


def commands(programs, work, _):
    attempt, study = programs / "attempt", work / "study"
    listed = run(attempt, "report", study, "--out", work / "out").stdout.split()
    assert all(pathlib.Path(file).exists() for file in listed)
    names = {pathlib.Path(file).name for file in listed}
    for table in ("other_tasks", "scores", "comparisons", "parameters", "cost", "pareto", "attention", "similarity"):
        assert {f"{table}.md", f"{table}.csv", f"{table}.tex"} <= names, (table, names)
    assert "published.md" not in names, "demo results beside published ones"

    found = run(attempt, "status", study, "--diagnose").stdout
    assert "finished trials looked at" in found, found

    same = run(attempt, "compare", study, study).stdout
    assert "25 in both, of which 25 are alike" in same, same
    smaller = work / "smaller"
    run(programs / "made_study", smaller, 2, 2, 2)
    differing = run(attempt, "compare", study, smaller).stdout
    assert "only in A: target: Method 1" in differing, differing

    run(attempt, "pack", study, "--out", work / "made.tar.gz")
    subprocess.run([attempt, "pack", "study", "--out", "relative.tar.gz"], cwd=work, check=True, capture_output=True)
    assert (work / "relative.tar.gz").read_bytes() == (work / "made.tar.gz").read_bytes()
    with tarfile.open(work / "made.tar.gz") as archive:
        archive.extractall(work)
    run("sh", "-c", f"cd '{work}/made' && sha256sum --quiet --check SHA256SUMS")
    run(attempt, "report", work / "made", "--out", work / "again")
    assert (work / "again/tables/scores.csv").read_text() == (work / "out/tables/scores.csv").read_text()

    assert "23 cards" in run(attempt, "export", study, "--cards", work / "cards").stderr
    cards = list((work / "cards").glob("*.md"))
    assert len(cards) == 23 and len(list((work / "made/cards").glob("*.md"))) == 23, cards
    card = cards[0].read_text()
    for fact in ("Task:", "Backbone: b", "Steps: 200", "accuracy", "Licence:"):
        assert fact in card, card
    assert "constant_score" not in card and "unparsable" not in card, card

    both = run(attempt, "report", study, smaller, "--out", work / "both").stdout
    assert "index.html" in both
    assert f"[{smaller}]" in (work / "both/tables/scores.csv").read_text(), "two studies of one name"
    plan = study / "run/plan.json"
    refused = run(attempt, "report", work, code=2).stderr
    assert "is not the folder of a study" in refused, refused
    (work / "empty/run").mkdir(parents=True)
    shutil.copy(plan, work / "empty/run/plan.json")
    empty = run(attempt, "report", work / "empty").stderr
    assert "no trial has finished yet" in empty, empty


def rows(file):
    with open(file, newline="") as lines:
        return list(csv.DictReader(lines))


def search(programs, work, _):
    attempt, study = programs / "attempt", work / "study"
    report = run(attempt, "report", study, "--out", work / "out")
    assert "left out" not in report.stderr, report.stderr
    tables = work / "out/tables"
    line, = rows(tables / "searches.csv")
    assert line["search"] == "Searched on demo:rte" and line["sampler"] == "sobol", line
    assert line["configurations"] == "10 of 12, 1 failed" and line["chosen"] == "9", line
    assert line["its score"] == "59.5 ± 0.7 (2)" and line["on fresh seeds"] == "55.0 ± 0.0 (2)", line
    assert line["std over seeds"] == "0.71" and line["std between configurations"] == "3.03", line

    tried = rows(tables / "configurations.csv")
    assert [row["score"] for row in tried[:3]] == ["50.50", "51.50", "52.50"], tried
    assert [row["status"] for row in tried[8:]] == ["complete", "chosen", "failed", "not finished"], tried
    assert [row["best so far"] for row in tried[9:]] == ["59.50"] * 3, tried
    assert tried[0]["train.batch_size"] == "16" and tried[1]["train.batch_size"] == "", tried

    keys = {row["key"]: row for row in rows(tables / "importance.csv")}
    assert keys["method.prompt_tuning.learning_rate"]["rank correlation"] == "+1.00", keys
    assert keys["method.prompt_tuning.init"]["rank correlation"] == "0.17", keys
    assert keys["train.batch_size"]["configurations"] == "5", keys

    unknown = run(attempt, "report", study, "--out", work / "out", "--optuna", "/nowhere/python", code=2).stderr
    assert "--optuna: /nowhere/python tells no importance" in unknown, unknown
    python = os.environ.get("ATTEMPT_OPTUNA_PYTHON")
    if python:
        run(attempt, "report", study, "--out", work / "asked", "--optuna", python)
        asked = rows(work / "asked/tables/importance.csv")
        name, = [column for column in asked[0] if "of Optuna" in column]
        shares = {row["key"]: row[name] for row in asked}
        assert float(shares["method.prompt_tuning.learning_rate"]) > max(0.5, float(shares["method.prompt_tuning.init"])), shares
        print(name, shares)
    (study / "sweep.toml").write_text("nonsense = [")
    run(attempt, "report", study, "--out", work / "broken")
    assert "The searches are left out" in (work / "broken/index.html").read_text()


def page(programs, work, plotly):
    attempt, study = programs / "attempt", work / "study"
    run(attempt, "report", study, "--out", work / "out", *(["--plotly", plotly] if plotly.exists() else []))
    text = (work / "out/index.html").read_text()
    seen = Page(text)
    assert seen.headings == PARTS, seen.headings
    assert not seen.fetched, f"the page fetches or runs something: {seen.fetched}"
    for link in seen.links:
        if link.startswith("#"):
            assert link[1:] in seen.ids, f"{link} leads nowhere"
        elif link.endswith(".h5"):
            assert (work / "out" / link).exists(), f"{link} is no file"
    # By keyboard: the way past the navigation first, and whatever scrolls can be reached and says what it is.
    assert seen.links[0] == "#main" and "main" in seen.ids, seen.links[0]
    assert text.count('class="scroll"') == text.count('class="scroll" tabindex="0" role="region" aria-label="') > 10
    cells = [link for link in seen.links if link.startswith("#trial-")]
    assert len(cells) > 10
    assert "loss is NaN &lt;b&gt;at step 3&lt;/b&gt;" in text
    assert "step 3 &lt;script&gt;" in text, "the end of the failed trial's log"
    if plotly.exists():
        assert seen.scripts == 3
        assert len(text) < 8e6, len(text)
    else:
        assert seen.scripts == 0 and "Tables only" in text


def browser(programs, work, plotly):
    attempt, study = programs / "attempt", work / "study"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("skipped: needs Chromium (apt-get install chromium)")
        sys.exit(SKIP)
    if not plotly.exists():
        print(f"skipped: needs Plotly's bundle at {plotly} (./quickstart --build-only fetches it)")
        sys.exit(SKIP)
    run(attempt, "report", study, "--out", work / "out", "--plotly", plotly)
    text = (work / "out/index.html").read_text()
    # Reports to the title, which the dumped page shows, what went wrong and what was drawn.
    probe = """<script>window.problems = []; addEventListener('error', (event) => problems.push(event.message));
      const complain = console.error; console.error = (...all) => { problems.push(all.join(' ')); complain(...all); };</script>"""
    ask = """<script>addEventListener('load', () => setTimeout(() => {
      const cell = document.querySelector('td a[href^="#trial-"]');
      cell.click();
      // Each choice by its last option, as a key would set it; each region that scrolls takes the focus.
      for (const select of document.querySelectorAll('main select')) {
        select.focus();
        if (document.activeElement !== select || !select.labels.length) problems.push('a choice without focus or label');
        select.selectedIndex = select.options.length - 1;
        select.dispatchEvent(new Event('change'));
      }
      for (const region of document.querySelectorAll('.scroll')) {
        region.focus();
        if (document.activeElement !== region) problems.push('a region without focus');
      }
      const state = {problems, markup: String(window.markup), plots: document.querySelectorAll('.js-plotly-plot .main-svg').length,
        drawn: document.documentElement.dataset.plots, target: document.querySelector('tr:target') !== null,
        images: document.querySelectorAll('main img').length, points: document.querySelectorAll('.scatterlayer .point').length,
        selects: document.querySelectorAll('main select').length};
      document.body.insertAdjacentHTML('beforeend', '<output id="state"></output>');
      document.getElementById('state').textContent = JSON.stringify(state);
    }, 500));</script>"""
    watched = work / "watched.html"
    watched.write_text(text.replace("<head>", "<head>" + probe, 1).replace("</body>", ask + "</body>"))
    flags = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
             f"--user-data-dir={work}/profile", "--virtual-time-budget=20000", "--window-size=1200,3000"]
    dumped = run(*flags, "--dump-dom", watched.as_uri())
    state = re.findall(r'<output id="state">({.*?})</output>', dumped.stdout, re.S)
    assert state, dumped.stderr[-3000:]
    state = json.loads(html.unescape(state[-1]))
    assert state["problems"] == [], state
    assert state["markup"] == "undefined" and state["images"] == 0, state
    assert state["drawn"] == "8" and state["plots"] >= 8 and state["points"] > 0, state
    assert state["target"], f"the link of a cell leads to no trial: {state}"
    assert state["selects"] == 9, state
    print("browser:", state)

    # Screenshots of the learning curves alone, whose plot is then in view.
    alone = work / "curves.html"
    alone.write_text(text.replace("</head>", "<style>section:not([aria-labelledby=curves]) { display: none }</style></head>", 1))
    flags[-1] = "--window-size=900,800"
    for scheme, blink in (("light", 1), ("dark", 0)):
        shot = work / f"{scheme}.png"
        run(*flags, f"--blink-settings=preferredColorScheme={blink}", f"--screenshot={shot}", alone.as_uri())
        look_at(shot, scheme)


def look_at(shot, scheme):
    """Not blank; paper of the scheme's brightness, and text, links and curves that stand out from it."""
    colours = picture.colours(shot)
    (paper, most), *others = colours.most_common()
    assert most < 0.98 * colours.total(), f"{scheme}: blank"
    brightness = picture.brightness(paper)
    assert brightness > 0.8 if scheme == "light" else brightness < 0.1, f"{scheme}: paper of {paper}"
    legible = [(colour, count) for colour, count in others if picture.contrast(paper, colour) >= 4.5]
    assert sum(count for _, count in legible) > 3000, f"{scheme}: text is hard to read"
    coloured = sum(count for (red, green, blue), count in others if max(red, green, blue) - min(red, green, blue) > 60)
    assert coloured > 500, f"{scheme}: no curves ({coloured} coloured pixels)"
    print(f"{scheme}: paper {paper}, {len(colours)} colours, {coloured} coloured pixels")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["commands", "search", "page", "browser"])
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--plotly", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        searched = [] if arguments.case == "commands" else [12]
        run(arguments.bin / "made_study", work / "study", 4, 2, 3, *searched)
        globals()[arguments.case](arguments.bin, work, arguments.plotly)


if __name__ == "__main__":
    main()
