#include "datasets/shards.h"

#include <gmock/gmock.h>

#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string rte_row(int number) {
  return "{\"premise\": \"p" + std::to_string(number) +
         "\", \"hypothesis\": \"h\", \"label\": 0}\n";
}

TEST(ShardsTest, AnExportInPartsIsReadInOrder) {
  DataFolder folder;
  folder.write("hf_jsonl/rte/train-00001-of-00002.jsonl", rte_row(2) + rte_row(3));
  folder.write_gzip("hf_jsonl/rte/train-00000-of-00002.jsonl.gz", rte_row(0));
  EXPECT_THAT(folder.refusal("rte"), HasSubstr("train-00001-of-00002.jsonl.gz: is not there"));
  std::filesystem::remove(folder.options.root / "hf_jsonl/rte/train-00000-of-00002.jsonl.gz");
  folder.write("hf_jsonl/rte/train-00000-of-00002.jsonl", rte_row(0) + rte_row(1));
  folder.write("hf_jsonl/rte/validation-00000-of-00001.json", rte_row(4) + rte_row(5));
  const TaskData data = folder.load("rte");
  ASSERT_THAT(data.train, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(data.train[i].source, HasSubstr("p" + std::to_string(i)));
    EXPECT_EQ(data.train[i].row, static_cast<std::int64_t>(i));
    EXPECT_EQ(data.train[i].id, "train-" + std::to_string(i));
  }
  EXPECT_THAT(data.reports, SizeIs(3));  // a report a part
  EXPECT_EQ(data.reports[1].used, 2);
  EXPECT_THAT(find_task_files(find_task("rte"), folder.options), SizeIs(3));
}

TEST(ShardsTest, ANamedPartStandsForAll) {
  DataFolder folder;
  folder.write("mine/all-00000-of-00002.json", rte_row(0));
  folder.write("mine/all-00001-of-00002.json", rte_row(1));
  folder.write("validation.jsonl", rte_row(2) + rte_row(3));
  folder.options.files = {{"train", folder.options.root / "mine/all-00001-of-00002.json"},
                          {"validation", folder.options.root / "validation.jsonl"}};
  EXPECT_THAT(folder.load("rte").train, SizeIs(2));
}

TEST(ShardsTest, OtherNamesAreWholeFiles) {
  for (const char* name : {"train.jsonl", "train-1-of-2.jsonl", "train-00000-of-2.jsonl", "-of-"}) {
    EXPECT_THAT(parts_of_file(name), ElementsAre(name));
  }
}

}  // namespace
}  // namespace attempt::datasets
