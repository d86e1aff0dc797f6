#include "results/config_text.h"

#include <cstdlib>

namespace attempt::results {

std::optional<double> number_in(const std::string& config, const std::string& section,
                                const std::string& key) {
  const std::string text = "\n" + config;
  const std::size_t begin = text.find("\n[" + section + "]\n");
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t end = text.find("\n[", begin + 1);
  const std::string line = "\n" + key + " = ";
  const std::size_t at = text.find(line, begin);
  if (at == std::string::npos || at > end) return std::nullopt;
  char* stop = nullptr;
  const char* digits = text.c_str() + at + line.size();
  const double value = std::strtod(digits, &stop);
  return stop == digits ? std::nullopt : std::optional(value);
}

}  // namespace attempt::results
