# attempt_add_library(NAME SOURCES file... [DEPENDS target...] [TORCH])
#
# One static library a folder, warnings on, includes written from the project's root. Without TORCH
# the compiler refuses LibTorch's heavy headers, so that only `model` and `runner/train` see them.
function(attempt_add_library name)
  cmake_parse_arguments(arg "TORCH" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE attempt_warnings PUBLIC ${arg_DEPENDS})
  if(arg_TORCH)
    target_link_libraries(${name} PUBLIC attempt_torch)
  else()
    target_compile_definitions(${name} PRIVATE AT_PER_OPERATOR_HEADERS
                                               TORCH_ASSERT_ONLY_METHOD_OPERATORS)
  endif()
endfunction()

# Limits of time in tests are for a plain build: attempt_limit(VARIABLE SECONDS) makes them so many times as long in a
# build with sanitizers. Tests that limit their own calls read the factor from the environment.
set(ATTEMPT_TIME_FACTOR 1)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  set(ATTEMPT_TIME_FACTOR 8)
endif()
function(attempt_limit variable seconds)
  math(EXPR limit "${seconds} * ${ATTEMPT_TIME_FACTOR}")
  set(${variable} ${limit} PARENT_SCOPE)
endfunction()

# attempt_add_tests(NAME SOURCES file_test.cpp... [DEPENDS target...] [TIMEOUT s])
#
# One test executable a folder; every GoogleTest case becomes a ctest of its own. They run side by side,
# so each takes one core.
function(attempt_add_tests name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  attempt_limit(limit ${arg_TIMEOUT})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE attempt_warnings attempt_test_support ${arg_DEPENDS}
                                        GTest::gmock GTest::gtest GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
                       TEST_PREFIX "${name}/"
                       PROPERTIES TIMEOUT ${limit} LABELS unit ENVIRONMENT "OMP_NUM_THREADS=1")
endfunction()

# What whole programs under test see: one core a process, and no GPU whatever the machine has.
set(ATTEMPT_PROGRAM_ENVIRONMENT "OMP_NUM_THREADS=1;CUDA_VISIBLE_DEVICES=;ATTEMPT_TIME_FACTOR=${ATTEMPT_TIME_FACTOR}")
