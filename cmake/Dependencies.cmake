# Third-party libraries. Each becomes one imported or interface target; nothing else calls find_package.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(fmt REQUIRED)
find_package(HDF5 1.10 REQUIRED COMPONENTS C CXX)
find_package(MPI REQUIRED COMPONENTS C)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)

add_library(attempt_hdf5 INTERFACE)
target_include_directories(attempt_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(attempt_hdf5 INTERFACE ${HDF5_CXX_LIBRARIES} ${HDF5_C_LIBRARIES})

# mpi.h without its C++ bindings: 0.07 s instead of 0.75 s a file.
add_library(attempt_mpi_library INTERFACE)
target_include_directories(attempt_mpi_library SYSTEM INTERFACE ${MPI_C_INCLUDE_DIRS})
target_compile_definitions(attempt_mpi_library INTERFACE OMPI_SKIP_MPICXX)
target_link_libraries(attempt_mpi_library INTERFACE ${MPI_C_LIBRARIES})

find_package(Torch REQUIRED)
# find_package(Torch) has no SYSTEM includes and sets an old C++ standard: wrap it.
add_library(attempt_torch INTERFACE)
target_include_directories(attempt_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(attempt_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(attempt_torch INTERFACE ${attempt_torch_flags})
# LibTorch ships fmt headers of its own, newer than the system's library: use them header-only there.
target_compile_definitions(attempt_torch INTERFACE FMT_HEADER_ONLY)
target_link_libraries(attempt_torch INTERFACE ${TORCH_LIBRARIES})
