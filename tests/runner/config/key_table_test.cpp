#include "runner/config/key_table.h"

#include <gmock/gmock.h>

#include <set>

#include "runner/config/toml_reader.h"
#include "runner/config/value_check.h"
#include "tests/support/test_support.h"

namespace attempt::config {
namespace {

TEST(KeyTableTest, ReadmeDocumentsEveryKey) {
  const std::string readme =
      attempt::test::read_file(attempt::test::source_folder() / "sweeps/README.md");
  EXPECT_THAT(readme, testing::HasSubstr(key_reference())) << "put this into sweeps/README.md:\n"
                                                           << key_reference();
}

TEST(KeyTableTest, DefaultsFitTheirKeys) {
  for (const Key& key : key_table()) {
    EXPECT_FALSE(key.help.empty()) << key.path();
    EXPECT_NE(key.default_value.empty(), key.default_note.empty()) << key.path();
    if (!key.default_value.empty()) {
      Value value = parse_option_value(key.default_value, "");
      EXPECT_EQ(check_value(key, key.path(), value), "");
    }
  }
}

TEST(KeyTableTest, KeysAreUnique) {
  std::set<std::string> paths;
  for (const Key& key : key_table()) {
    EXPECT_TRUE(paths.insert(key.path()).second) << key.path();
  }
}

}  // namespace
}  // namespace attempt::config
