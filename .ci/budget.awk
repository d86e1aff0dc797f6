# Reads the output of ./check and prints a table of where the time went, then ctest's summary again, which stays last.
# Set-up and build: seconds on the clock. Tests: seconds that ctest sums up a label (several tests run side by side).

function row(what, seconds, limit) {
  printf "%-22s %8.0f s %8d s%s\n", what, seconds, limit, (seconds > limit ? "   over" : "")
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
  row("unit tests", spent["unit"], 400)
  row("MPI tests", spent["mpi"], 120)
  row("recovery tests", spent["recovery"], 180)
  row("Slurm tests", spent["slurm"], 150)
  row("study and demo tests", spent["study"], 400)
  row("fuzz tests", spent["fuzz"], 60)
  printf "\n%s", summary
}
