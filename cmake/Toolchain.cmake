# ccache and lld are used when found: a build must also work without them.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

# The project's own code only; headers of others are SYSTEM.
add_library(attempt_warnings INTERFACE)
target_compile_options(attempt_warnings INTERFACE -Wall -Wextra -Wpedantic
                                                  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>
                                                  -Wnon-virtual-dtor -Woverloaded-virtual
                                                  # designated initialisers leave out what has a default
                                                  -Wno-missing-field-initializers)
if(ATTEMPT_WARNINGS_AS_ERRORS)
  target_compile_options(attempt_warnings INTERFACE -Werror)
endif()
