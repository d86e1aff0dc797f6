# Set-up shared by ./quickstart and ./check: packages, LibTorch, configure, build. Sourced, not run.
# Each step says what it does and how long it took, and does nothing that is done already.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
started=$SECONDS
pip_options=()
jobs=$(nproc 2>/dev/null || echo 2)

# Debian and Ubuntu packages, each with what it is for.
packages=(
  g++                          # C++20 compiler, 12 or newer
  cmake ninja-build pkg-config # build
  libopenmpi-dev openmpi-bin   # MPI between the ranks of a study
  libhdf5-dev                  # trial files, checkpoints, token caches
  libboost-program-options-dev # command line
  libboost-dev                 # distributions of the statistics (Boost.Math, headers)
  libtomlplusplus-dev          # sweeps
  libsentencepiece-dev         # T5's tokenizer
  nlohmann-json3-dev           # JSON
  libfmt-dev                   # text
  zlib1g-dev libutf8proc-dev   # gzip data files, Unicode classes
  libssl-dev                   # SHA-256
  python3-venv                 # pip, for LibTorch
  ca-certificates              # downloads
)
check_packages=(libgtest-dev libgmock-dev)
# What makes builds quick and tests complete, but is not needed.
optional_packages=(ccache lld)
optional_check_packages=(python3-h5py python3-pandas clang-format chromium slurm-wlm munge)
# Needed ones that are missing and cannot be installed: the environment may bring what they hold.
missing_packages=()

say() { printf '[%3d s] %s\n' "$((SECONDS - started))" "$*"; }

# fail SENTENCE...: what is wrong and what to type.
fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 3
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# install_packages: installs what is missing of packages and optional_packages, or says how to get it.
install_packages() {
  command -v dpkg-query >/dev/null || {
    say "not a Debian or Ubuntu system: CMake will look for the libraries where the environment points"
    return 0
  }
  local missing=() package
  for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
  local needed=${#missing[@]}
  for package in "${optional_packages[@]}"; do is_installed "$package" || missing+=("$package"); done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all there"
    return 0
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo DEBIAN_FRONTEND=noninteractive)
    elif [ "$needed" -eq 0 ]; then
      say "packages: going on without ${missing[*]} (not needed; you are not root and have no sudo)"
      return 0
    else
      missing_packages=("${missing[@]:0:needed}")
      [ -n "${CMAKE_PREFIX_PATH:-}${CONDA_PREFIX:-}${LOADEDMODULES:-}" ] || explain_missing
      say "packages: ${missing_packages[*]} are missing; CMake will look where the environment points"
      return 0
    fi
  fi
  say "packages: installing ${missing[*]}"
  local log="$repository/build/packages.log"
  export DEBIAN_FRONTEND=noninteractive
  {
    "${as_root[@]}" dpkg --configure -a || true  # what an interrupted set-up left
    "${as_root[@]}" apt-get update &&
      drop_unknown &&
      "${as_root[@]}" apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
  } >"$log" 2>&1 || {
    if [ "$needed" -eq 0 ]; then
      say "packages: going on without ${missing[*]} (not needed; apt's output: $log)"
      return 0
    fi
    grep '^E:' "$log" | head -5 >&2 || true
    if ! can_resolve "$log"; then
      fail "the package servers cannot be reached (no network?). Connect, and type $0 again"
    fi
    fail "apt could not install the packages (its output: $log). Mend that, and type $0 again, or yourself: apt-get install ${missing[*]}"
  }
}

# drop_unknown: takes optional packages that this release does not have out of install_packages' list.
drop_unknown() {
  local known=("${missing[@]:0:needed}")
  for package in "${missing[@]:needed}"; do
    apt-cache show "$package" >/dev/null 2>&1 && known+=("$package")
  done
  missing=("${known[@]}")
}

# can_resolve LOG: false when apt's output says that it reached no server.
can_resolve() { ! grep -qiE 'could not resolve|failure resolving|could not connect|unable to connect|network is unreachable' "$1"; }

# Says how to get missing_packages, and ends.
explain_missing() {
  cat >&2 <<END

$(basename "$0"): these packages are missing, and you are not root and have no sudo:

  ${missing_packages[*]}

Ask an administrator to run   apt-get install ${missing_packages[*]}
or bring the libraries yourself and run this again:
  conda    conda env create -f $repository/slurm/environment.yml && conda activate attempt
           export CMAKE_PREFIX_PATH=\$CONDA_PREFIX PKG_CONFIG_PATH=\$CONDA_PREFIX/lib/pkgconfig
  modules  module load gcc cmake openmpi hdf5 boost   (names differ from site to site; 'module avail' lists them)
END
  exit 3
}

check_compiler() {
  local compiler=${CXX:-g++} version
  [ ${#missing_packages[@]} -eq 0 ] || { command -v "$compiler" && command -v cmake; } >/dev/null || explain_missing
  command -v "$compiler" >/dev/null ||
    fail "there is no C++ compiler '$compiler'. Install g++ 12 or newer and name it: CXX=g++-12 $0"
  version=$("$compiler" -dumpversion 2>/dev/null | cut -d. -f1)
  if ! grep -qi clang <<<"$("$compiler" --version 2>&1)" && [ "${version:-0}" -lt 12 ]; then
    fail "$compiler is version ${version:-unknown} (C++20 needs g++ 12 or newer). Install one and name it: CXX=g++-12 $0"
  fi
  command -v cmake >/dev/null || fail "no cmake. Install it (apt-get install cmake, or pip install cmake)"
}

has_nvidia_driver() { [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi >/dev/null; }

# Prints the folder of TorchConfig.cmake below a python's torch package; nothing when there is none.
torch_of_python() {
  command -v "$1" >/dev/null || return 0
  "$1" - 2>/dev/null <<'END' || true
import importlib.util, pathlib
spec = importlib.util.find_spec("torch")
if spec and spec.origin:
    folder = pathlib.Path(spec.origin).parent / "share" / "cmake"
    if (folder / "Torch" / "TorchConfig.cmake").exists():
        print(folder)
END
}

# Sets torch_prefix: a folder for CMAKE_PREFIX_PATH, or empty when the environment names one already.
find_torch() {
  torch_prefix=
  local folder found
  if [ -n "${Torch_DIR:-}" ]; then
    say "LibTorch: Torch_DIR = $Torch_DIR"
    return 0
  fi
  local folders=()
  IFS=':;' read -r -a folders <<<"${CMAKE_PREFIX_PATH:-}"
  for folder in "${folders[@]}"; do
    found=$(find "$folder" -maxdepth 5 -name TorchConfig.cmake -print -quit 2>/dev/null || true)
    [ -n "$found" ] && { say "LibTorch: $found (CMAKE_PREFIX_PATH)"; return 0; }
  done
  torch_prefix=$(torch_of_python python3)
  if [ -n "$torch_prefix" ]; then
    say "LibTorch: the one of python3's torch, $torch_prefix"
    return 0
  fi
  local venv="$repository/build/torch"
  # pip writes INSTALLER last: without it an earlier run was interrupted.
  if compgen -G "$venv/lib/python3*/site-packages/torch-*.dist-info/INSTALLER" >/dev/null; then
    torch_prefix=$(torch_of_python "$venv/bin/python")
  fi
  if [ -n "$torch_prefix" ]; then
    say "LibTorch: $torch_prefix"
    return 0
  fi
  install_torch "$venv"
  torch_prefix=$(torch_of_python "$venv/bin/python")
  [ -n "$torch_prefix" ] || fail "torch was installed in $venv but holds no TorchConfig.cmake. Remove that folder and try again"
}

needs_cuda() { compgen -G "$1/lib/python3*/site-packages/torch/lib/libtorch_cuda.so" >/dev/null; }

install_torch() {
  local venv=$1 version=2.13.0 log="$repository/build/torch.log"
  say "LibTorch: installing torch $version into $venv (one large download)"
  rm -rf "$venv"  # perhaps half done
  python3 -m venv "$venv" >"$log" 2>&1 || fail "'python3 -m venv' failed. Its output: $log"
  local pip=("$venv/bin/python" -m pip install --disable-pip-version-check "torch==$version")
  if has_nvidia_driver; then
    "${pip[@]}" "${pip_options[@]}" >>"$log" 2>&1 && return 0
  else
    # PyTorch's own index has a build without CUDA; where it cannot be reached the default index must do.
    # Options given come last: an index among them wins over both.
    "${pip[@]}" --no-deps --retries 0 --timeout 15 --index-url https://download.pytorch.org/whl/cpu \
      "${pip_options[@]}" >>"$log" 2>&1 && return 0
    if "${pip[@]}" --no-deps "${pip_options[@]}" >>"$log" 2>&1; then
      ! needs_cuda "$venv" || command -v nvcc >/dev/null && return 0
      rm -rf "$venv"
      fail "pip found only a torch $version that needs the CUDA toolkit (nvcc). Bring one without: $0 --pip-option --find-links=FOLDER_OF_ITS_WHEEL, or install the toolkit"
    fi
  fi
  grep '^ERROR' "$log" | tail -2 >&2 || true
  fail "pip could not install torch $version (no network?); its output: $log. Connect and type $0 again, or bring LibTorch and type CMAKE_PREFIX_PATH=/path/to/libtorch $0"
}

# fetch_plotly: the browser bundle that `attempt report` draws with, into build/plotly. Reports do without it.
fetch_plotly() {
  local folder="$repository/build/plotly" log="$repository/build/plotly.log"
  if [ ! -s "$folder/plotly.min.js" ]; then
    mkdir -p "$folder"
    download_plotly "$folder" >"$log" 2>&1 || {
      say "Plotly: could not be fetched, reports will have tables only (pip's output: $log)"
      return 0
    }
  fi
  say "Plotly: $folder/plotly.min.js"
}

# download_plotly FOLDER: takes plotly.min.js out of the PyPI wheel.
download_plotly() {
  local work
  work=$(mktemp -d "$1/download.XXXXXX")
  python3 -m venv "$work/venv" &&
    "$work/venv/bin/python" -m pip download --disable-pip-version-check --no-deps --only-binary :all: -d "$work" \
      "${pip_options[@]}" plotly==5.24.1 &&
    python3 -m zipfile -e "$work"/plotly-*.whl "$work" &&
    mv "$work/plotly/package_data/plotly.min.js" "$1/plotly.min.js"
  local code=$?
  rm -rf "$work"
  return $code
}

# Sets optuna_python: a python with Optuna and what its samplers need, for the tests; empty when they cannot be fetched.
find_optuna() {
  local venv="$repository/build/optuna" log="$repository/build/optuna.log"
  optuna_python=${ATTEMPT_OPTUNA_PYTHON:-}
  if [ -z "$optuna_python" ]; then
    optuna_python="$venv/bin/python"
    "$optuna_python" -c 'import cmaes, optuna' 2>/dev/null || {
      rm -rf "$venv"  # perhaps half done
      { python3 -m venv "$venv" && "$optuna_python" -m pip install -q --disable-pip-version-check \
          "${pip_options[@]}" optuna==5.0.0 cmaes==0.13.1; } >"$log" 2>&1 || {
        say "Optuna: could not be fetched, the tests of its samplers are skipped (pip's output: $log)"
        optuna_python=
        return 0
      }
    }
  fi
  if [ "$optuna_python" = "$venv/bin/python" ] && ! "$optuna_python" -c 'import scipy' 2>/dev/null; then
    "$optuna_python" -m pip install -q --disable-pip-version-check "${pip_options[@]}" scipy >>"$log" 2>&1 ||
      say "scipy: could not be fetched, the test of QMCSampler is left out (pip's output: $log)"
  fi
  say "Optuna: $optuna_python"
}

# keep_and_count LOG: keeps in LOG what a build says; twice a minute prints how many of its files are done.
keep_and_count() {
  local line told=$SECONDS
  while IFS= read -r line || [[ -n $line ]]; do  # the last may have no end
    printf '%s\n' "$line"
    if ((SECONDS - told >= 30)) && [[ $line =~ ^(\[[0-9]+/[0-9]+\]) ]]; then
      say "  ${BASH_REMATCH[1]}" >&3
      told=$SECONDS
    fi
  done 3>&1 >"$1"
}

# build PRESET [CMAKE_OPTION...]: configures and builds build/PRESET.
build() {
  local preset=$1 folder="$repository/build/$1" log
  shift
  log="$repository/build/$preset-configure.log"
  local prefix=${torch_prefix:+$torch_prefix}
  [ -n "${CMAKE_PREFIX_PATH:-}" ] && prefix="${prefix:+$prefix;}${CMAKE_PREFIX_PATH//:/;}"
  local home
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
  if [ -n "$home" ] && ! [ "$home" -ef "$repository" ]; then
    say "build/$preset was made in $home: starting it anew"
    rm -rf "$folder"
  fi
  say "configuring build/$preset"
  (cd "$repository" && cmake --preset "$preset" ${prefix:+"-DCMAKE_PREFIX_PATH=$prefix"} "$@" >"$log" 2>&1) || {
    grep -A25 'CMake Error' "$log" >&2 || tail -20 "$log" >&2
    fail "CMake could not configure the build (the whole output: $log). Bring what is missing and type $0 again"
  }
  say "building build/$preset with $jobs jobs"
  log="$repository/build/$preset-build.log"
  cmake --build "$folder" --parallel "$jobs" 2>&1 | keep_and_count "$log" || {
    grep -E -A6 'error|FAILED' "$log" | head -60 >&2
    fail "the build failed (the whole output: $log). If memory ran out, type $0 --jobs 1"
  }
}

set_up() {
  mkdir -p "$repository/build" 2>/dev/null && [ -w "$repository/build" ] ||
    fail "$repository/build cannot be written. Clone the project into a folder of your own and type $0 there"
  install_packages
  check_compiler
  find_torch
  fetch_plotly
}
