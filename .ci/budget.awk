# Reads the output of ./check and prints a table of where the time went, then ctest's summary again, which stays last.
# Set-up and build: seconds on the clock. Tests: seconds that ctest sums up a label (several tests run side by side).

# A label without a limit here is named: every test belongs to one.

function row(what, seconds, limit) {
  printf "%-22s %8.0f s %8d s%s\n", what, seconds, limit, (seconds > limit ? "   over" : "")
}

BEGIN {
  count = split("unit 400 mpi 180 recovery 240 slurm 500 study 650 report 120 docs 120 layout 30 fuzz 60 gpu 60 reference 900",
                words)
  for (i = 1; i < count; i += 2) {
    labels[++known] = words[i]
    limit_of[words[i]] = words[i + 1]
  }
}

/^\[ *[0-9]+ s\] / {
  match($0, /[0-9]+/)
  clock = substr($0, RSTART, RLENGTH) + 0
  if ($0 ~ /configuring/ && !is_set_up++) set_up = clock
  if ($0 ~ /running the tests/) build = clock - set_up
}
/^[0-9]+% tests passed/ { in_summary = 1 }
in_summary && /sec\*proc/ {
  match($0, /= *[0-9.]+/)
  spent[$1] = substr($0, RSTART + 1, RLENGTH - 1) + 0
}
in_summary { summary = summary $0 "\n"; next }

END {
  if (!in_summary) exit
  printf "\n%-22s %10s %10s\n", "budget", "spent", "limit"
  row("set-up", set_up, 300)
  row("build", build, 900)
  for (i = 1; i <= known; ++i) {
    if (labels[i] in spent) row(labels[i] " tests", spent[labels[i]], limit_of[labels[i]])
  }
  for (label in spent) {
    if (!(label in limit_of)) printf "%-22s %8.0f s   without a limit in .ci/budget.awk\n", label " tests", spent[label]
  }
  printf "\n%s", summary
}
