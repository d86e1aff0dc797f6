#pragma once

#include <filesystem>
#include <string>

namespace attempt::demo {

/// Makes the folder too. @throws std::runtime_error when the file cannot be written.
void write_text(const std::filesystem::path& path, const std::string& text);
void write_gzip(const std::filesystem::path& path, const std::string& text);

}  // namespace attempt::demo
