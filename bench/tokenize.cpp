// Tokenises the lines of a file: tokenize SPIECE_MODEL TEXT_FILE ROUNDS. Prints lines/s of each
// round and the number of ids.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "datasets/tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const attempt::datasets::Tokenizer tokenizer(argv[1]);
  std::ifstream in(argv[2]);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  for (int round = 0; round < std::atoi(argv[3]); ++round) {
    std::size_t ids = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const std::string& line : lines) ids += tokenizer.encode(line).size() + 1;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("{\"lines_per_second\": %.1f, \"ids\": %zu}\n",
                static_cast<double>(lines.size()) / seconds, ids);
  }
}
