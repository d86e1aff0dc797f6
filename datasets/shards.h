#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attempt::datasets {

/// The files that make up a set of which `file` is a part: all of "train-00000-of-00002.jsonl",
/// "train-00001-of-00002.jsonl" in order; any other file alone.
/// @throws DataError naming a part that is not there.
std::vector<std::filesystem::path> parts_of_file(const std::filesystem::path& file);

/// The first part of `name` ("train.jsonl") in a folder that holds it in parts, compressed or not;
/// empty where there is none. With parts of several sets the smallest name.
std::filesystem::path first_part(const std::filesystem::path& folder, const std::string& name);

}  // namespace attempt::datasets
