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
  libtomlplusplus-dev          # sweeps
  libsentencepiece-dev         # T5's tokenizer
  nlohmann-json3-dev           # JSON
  libfmt-dev                   # text
  zlib1g-dev libutf8proc-dev   # gzip data files, Unicode classes
  libssl-dev                   # SHA-256
  python3-venv                 # pip, for LibTorch
  ca-certificates              # downloads
)
# What makes builds quick or tests complete, but is not needed.
check_packages=(libgtest-dev libgmock-dev python3-h5py clang-format)
quick_packages=(ccache lld)

say() { printf '[%3d s] %s\n' "$((SECONDS - started))" "$*"; }

# fail SENTENCE...: what is wrong and what to type.
fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 3
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# install_packages NAME...: installs those that are missing, or says how to get them.
install_packages() {
  command -v dpkg-query >/dev/null || {
    say "not a Debian or Ubuntu system: CMake will look for the libraries where the environment points"
    return 0
  }
  local missing=() package
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all there"
    return 0
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo DEBIAN_FRONTEND=noninteractive)
    else
      explain_missing "${missing[@]}"
    fi
  fi
  say "packages: installing ${missing[*]}"
  local log="$repository/build/packages.log"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update >"$log" 2>&1 ||
    fail "'apt-get update' failed (no network?). Its output: $log"
  "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
    fail "'apt-get install ${missing[*]}' failed (no network, or a package this release lacks?). Its output: $log"
}

explain_missing() {
  cat >&2 <<END

$(basename "$0"): these packages are missing, and you are not root and have no sudo:

  $*

Ask an administrator to run   apt-get install $*
or bring the libraries yourself and run this again:
  conda    conda create -n attempt -c conda-forge cxx-compiler cmake ninja pkg-config openmpi hdf5 boost-cpp \\
           tomlplusplus sentencepiece nlohmann_json fmt zlib libutf8proc openssl gtest
           conda activate attempt && export CMAKE_PREFIX_PATH=\$CONDA_PREFIX PKG_CONFIG_PATH=\$CONDA_PREFIX/lib/pkgconfig
  modules  module load gcc cmake openmpi hdf5 boost   (names differ from site to site; 'module avail' lists them)
END
  exit 3
}

check_compiler() {
  local compiler=${CXX:-g++} version
  command -v "$compiler" >/dev/null || fail "no C++ compiler '$compiler'. Install g++ 12 or newer, or name one: CXX=g++-13 $0"
  version=$("$compiler" -dumpversion | cut -d. -f1)
  if "$compiler" --version | grep -qi 'g++\|gcc' && [ "$version" -lt 12 ]; then
    fail "$compiler is version $version; C++20 needs g++ 12 or newer. Install one and name it: CXX=g++-13 $0"
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
  [ -x "$venv/bin/python" ] && torch_prefix=$(torch_of_python "$venv/bin/python")
  if [ -n "$torch_prefix" ]; then
    say "LibTorch: $torch_prefix"
    return 0
  fi
  install_torch "$venv"
  torch_prefix=$(torch_of_python "$venv/bin/python")
  [ -n "$torch_prefix" ] || fail "torch was installed in $venv but holds no TorchConfig.cmake. Remove that folder and try again"
}

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
    "${pip[@]}" --no-deps "${pip_options[@]}" >>"$log" 2>&1 && return 0
  fi
  fail "pip could not install torch $version (no network?). Its output: $log. Or bring LibTorch: CMAKE_PREFIX_PATH=/path/to/libtorch $0"
}

# build PRESET [CMAKE_OPTION...]: configures and builds build/PRESET.
build() {
  local preset=$1 folder="$repository/build/$1" log
  shift
  log="$repository/build/$preset-configure.log"
  local prefix=${torch_prefix:+$torch_prefix}
  [ -n "${CMAKE_PREFIX_PATH:-}" ] && prefix="${prefix:+$prefix;}${CMAKE_PREFIX_PATH//:/;}"
  say "configuring build/$preset"
  (cd "$repository" && cmake --preset "$preset" ${prefix:+"-DCMAKE_PREFIX_PATH=$prefix"} "$@" >"$log" 2>&1) || {
    grep -A8 'CMake Error' "$log" >&2 || tail -20 "$log" >&2
    fail "CMake could not configure the build; the whole output is in $log"
  }
  say "building build/$preset with $jobs jobs"
  cmake --build "$folder" --parallel "$jobs" >"$repository/build/$preset-build.log" 2>&1 || {
    grep -E -A6 'error|FAILED' "$repository/build/$preset-build.log" | head -60 >&2
    fail "the build failed; the whole output is in $repository/build/$preset-build.log"
  }
}

set_up() {
  mkdir -p "$repository/build" || fail "cannot write to $repository"
  install_packages "$@"
  check_compiler
  find_torch
}
