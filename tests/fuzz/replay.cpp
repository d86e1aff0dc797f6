// Runs a fuzz target where libFuzzer is missing: every file of the corpus, then simple seeded
// mutations of them. Takes libFuzzer's spelling: PROGRAM [-runs=N] [-seed=N] FOLDER...
// A finding ends the program; its input is then in ./crash-input.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/input_file.h"

#if __has_include(<sanitizer/common_interface_defs.h>)
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongest = 4096;

std::string input;  // what is being tried; a finding writes it out

void save_input() { std::ofstream("crash-input", std::ios::binary) << input; }

void try_input() {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void change(std::string& text, const std::string& other) {
    static const std::vector<std::string> kWords = {"\t",      "\n",    "\r\n",
                                                    "\"",      "\"\"",  ",",
                                                    "{",       "}",     "[",
                                                    "]",       ":",     "\\",
                                                    "\\u0000", "\xFF",  std::string(1, '\0'),
                                                    "-1",      "1e999", "18446744073709551616",
                                                    "null",    "0",     "."};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(16, text.size() - at + 1));
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, kWords[below(kWords.size())]);
        break;
      case 4:
        text.insert(at, text.substr(at, length));
        break;
      default:
        text = text.substr(0, at) + other.substr(below(other.size() + 1));
    }
    if (text.size() > kLongest) text.resize(kLongest);
  }

 private:
  std::mt19937_64 random_;
};

std::vector<std::string> read_corpus(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

std::uint64_t number_of(std::string_view option) {
  std::uint64_t number = 0;
  const std::string_view digits = option.substr(option.find('=') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::vector<fs::path> folders;
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (argument.starts_with("-runs=")) {
      runs = number_of(argument);
    } else if (argument.starts_with("-seed=")) {
      seed = number_of(argument);
    } else if (!argument.starts_with("-")) {
      folders.emplace_back(argument);
    }
  }
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(save_input);
#endif
  std::set_terminate([] {
    save_input();
    std::abort();
  });

  const std::vector<std::string> corpus = read_corpus(folders);
  attempt::fuzz::require(!corpus.empty(), "the corpus has files");
  for (const std::string& file : corpus) {
    input = file;
    try_input();
  }
  Mutator mutator(seed);
  for (std::uint64_t run = 0; run < runs; ++run) {
    input = corpus[mutator.below(corpus.size())];
    for (std::size_t changes = 1 + mutator.below(6); changes > 0; --changes)
      mutator.change(input, corpus[mutator.below(corpus.size())]);
    try_input();
  }
  std::printf("%zu files and %llu mutations of them: no finding\n", corpus.size(),
              static_cast<unsigned long long>(runs));
}
