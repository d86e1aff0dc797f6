"""A world for short studies: the demo's, with less to evaluate."""
import subprocess

DEV_ROWS = 40


def make_world(attempt, folder, environment):
    subprocess.run([attempt, "demo", str(folder)], env=environment, check=True, stdout=subprocess.DEVNULL)
    for file in (folder / "data/glue").glob("*/dev.tsv"):
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:DEV_ROWS + 1]))
