# Third-party libraries. Each becomes one imported or interface target; nothing else calls find_package.
find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)

set(missing "")
# attempt_need(FOUND "what (where from)"): collects what is missing, to name all of it at once.
macro(attempt_need found what)
  if(NOT ${found})
    string(APPEND missing "\n  ${what}")
  endif()
endmacro()
# attempt_need_pkg(PREFIX MODULE "what (where from)"): the imported target PkgConfig::PREFIX.
macro(attempt_need_pkg prefix module what)
  if(PkgConfig_FOUND)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
  endif()
  attempt_need(${prefix}_FOUND "${what}")
endmacro()

find_package(ZLIB QUIET)
find_package(OpenSSL QUIET COMPONENTS Crypto)
find_package(nlohmann_json 3.10 QUIET)
find_package(fmt QUIET)
find_package(HDF5 1.10 QUIET COMPONENTS C CXX)
find_package(MPI QUIET COMPONENTS C)
find_package(Boost 1.74 QUIET COMPONENTS program_options)
attempt_need(PkgConfig_FOUND "pkg-config (apt: pkg-config; conda: pkg-config)")
attempt_need(ZLIB_FOUND "zlib (apt: zlib1g-dev; conda: zlib)")
attempt_need(OPENSSL_FOUND "OpenSSL (apt: libssl-dev; conda: openssl)")
attempt_need(nlohmann_json_FOUND "nlohmann-json 3.10 (apt: nlohmann-json3-dev; conda: nlohmann_json)")
attempt_need(fmt_FOUND "fmt (apt: libfmt-dev; conda: fmt)")
attempt_need(HDF5_FOUND "HDF5 1.10 with its C++ headers (apt: libhdf5-dev; conda: hdf5; a site's module must be built with --enable-cxx)")
attempt_need(MPI_C_FOUND "Open MPI (apt: libopenmpi-dev openmpi-bin; conda: openmpi; modules: openmpi)")
attempt_need(Boost_FOUND "Boost 1.74: Program_options and the headers of Math (apt: libboost-program-options-dev libboost-dev; conda: libboost-devel)")
attempt_need_pkg(SENTENCEPIECE sentencepiece "SentencePiece (apt: libsentencepiece-dev; conda: libsentencepiece)")
attempt_need_pkg(UTF8PROC libutf8proc "utf8proc (apt: libutf8proc-dev; conda: libutf8proc)")
attempt_need_pkg(TOMLPLUSPLUS tomlplusplus "toml++ 3 (apt: libtomlplusplus-dev; conda: tomlplusplus)")
if(NOT DEFINED TORCH_CUDA_ARCH_LIST AND NOT DEFINED ENV{TORCH_CUDA_ARCH_LIST})
  set(TORCH_CUDA_ARCH_LIST "8.0+PTX 9.0a")  # a: Hopper's products of a warpgroup
endif()
find_package(Torch QUIET)
attempt_need(Torch_FOUND "LibTorch (./quickstart fetches it; or -DCMAKE_PREFIX_PATH=$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)'))")
if(missing)
  message(FATAL_ERROR "Libraries that the build needs are missing:${missing}\nInstall them, or name their folders in CMAKE_PREFIX_PATH and PKG_CONFIG_PATH.")
endif()

add_library(attempt_hdf5 INTERFACE)
target_include_directories(attempt_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(attempt_hdf5 INTERFACE ${HDF5_CXX_LIBRARIES} ${HDF5_C_LIBRARIES})

# mpi.h without its C++ bindings: 0.07 s instead of 0.75 s a file.
add_library(attempt_mpi_library INTERFACE)
target_include_directories(attempt_mpi_library SYSTEM INTERFACE ${MPI_C_INCLUDE_DIRS})
target_compile_definitions(attempt_mpi_library INTERFACE OMPI_SKIP_MPICXX)
target_link_libraries(attempt_mpi_library INTERFACE ${MPI_C_LIBRARIES})

# find_package(Torch) has no SYSTEM includes and sets an old C++ standard: wrap it.
add_library(attempt_torch INTERFACE)
target_include_directories(attempt_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(attempt_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(attempt_torch INTERFACE ${attempt_torch_flags})
# LibTorch ships fmt headers of its own, newer than the system's library: use them header-only there.
target_compile_definitions(attempt_torch INTERFACE FMT_HEADER_ONLY)
# libstdc++ first: LibTorch exports an older std::filesystem of its own, which would win over the one that
# this program's headers were made for (and crash in directory iterators).
target_link_libraries(attempt_torch INTERFACE stdc++ ${TORCH_LIBRARIES})

# CUDA: nvcc compiles the kernels (from Ampere on: bfloat16 products); they are used when LibTorch is a CUDA
# build too, which chooses the architectures then.
include(CheckLanguage)
check_language(CUDA)
set(ATTEMPT_HAS_NVCC OFF)
set(ATTEMPT_HAS_CUDA OFF)
if(CMAKE_CUDA_COMPILER)
  if(TARGET torch_cuda)
    set(ATTEMPT_HAS_CUDA ON)
  elseif(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90a-real)
  endif()
  enable_language(CUDA)
  set(ATTEMPT_HAS_NVCC ON)
endif()
