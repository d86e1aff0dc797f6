#pragma once

#include <gtest/gtest.h>

#include <string>

#include "datasets/task_data.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {

/// A data root that tests fill with hand-made files in the layout of the official ones.
class DataFolder {
  test::TemporaryFolder root_;  // before `options`, which name it

 public:
  LoadOptions options{.root = root_.path()};

  void write(const std::string& name, const std::string& text);
  /// The same, compressed; `cut` bytes are missing at its end.
  void write_gzip(const std::string& name, const std::string& text, std::size_t cut = 0);

  TaskData load(const std::string& task) const { return load_task(find_task(task), options); }
  /// What load() complains about; "" when it does not.
  std::string refusal(const std::string& task) const;
};

/// The text `count` times, every "#" replaced by the number of the copy.
std::string repeated(const std::string& text, int count);

}  // namespace attempt::datasets
