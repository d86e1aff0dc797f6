#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace attempt::fuzz {

/// Puts an input into a file in memory, since readers take paths. The file is overwritten by the
/// next input and removed at the end of the program.
/// @param name  file name; its extension decides how some readers take it
const std::filesystem::path& as_file(const char* name, const std::uint8_t* data, std::size_t size);

/// Ends the program as a finding when what a reader promises does not hold.
void require(bool holds, const char* promise);

}  // namespace attempt::fuzz

/// libFuzzer's entry point, one a program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
