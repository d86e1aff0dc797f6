#pragma once

#include <H5Cpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/hdf5_writer.h"
#include "results/trial_record.h"

namespace attempt::results {

/// Reads objects below one group of an untrusted file. Everything that is not as expected is a
/// StoreError naming file, object, expected and found; nothing is allocated that the file is too
/// small to fill; links that lead out of the file are not followed.
class Hdf5Reader {
 public:
  /// Opens the file. Valid inside a SilentHdf5 scope.
  explicit Hdf5Reader(const std::filesystem::path& path);

  bool has(const std::string& name) const;
  bool is_group(const std::string& name) const;
  Hdf5Reader group(const std::string& name) const;
  /// Names in the order of creation where the file keeps it, else sorted.
  std::vector<std::string> names() const;

  bool has_attribute(const std::string& name) const;
  std::string text_attribute(const std::string& name) const;
  std::vector<std::string> texts_attribute(const std::string& name) const;
  std::int64_t integer_attribute(const std::string& name) const;
  std::uint64_t unsigned_attribute(const std::string& name) const;
  double number_attribute(const std::string& name) const;

  double scalar(const std::string& name) const;
  /// Every data set of the group, each one number; groups are passed over.
  std::map<std::string, double> scalars() const;
  std::vector<std::string> texts(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;  ///< one dimension
  std::vector<double> numbers(const std::string& name) const;         ///< one dimension
  std::vector<std::uint8_t> bytes(const std::string& name) const;     ///< one dimension
  NamedArray floats(const std::string& name) const;  ///< with its attribute `tasks`
  struct Numbers {
    std::vector<std::int64_t> shape;
    std::vector<double> values;
  };
  Numbers shaped_numbers(const std::string& name) const;

  const std::string& file() const { return file_; }

  /// @throws StoreError about object `name` of this group.
  [[noreturn]] void fail(const std::string& name, const std::string& problem) const;

 private:
  Hdf5Reader(H5::Group group, std::string file, std::string place, std::int64_t file_bytes);

  /// Hard links of the group, listed at first need.
  const std::vector<std::string>& links() const;
  H5::DataSet open(const std::string& name, H5T_class_t expected) const;
  H5::DataSet data_set(hid_t object, const std::string& name, H5T_class_t expected) const;
  double one_number(const std::string& name, const H5::DataSet& set) const;
  H5::Attribute open_attribute(const std::string& name, H5T_class_t expected) const {
    return open_attribute(group_, name, expected);
  }
  H5::Attribute open_attribute(const H5::H5Object& owner, const std::string& name,
                               H5T_class_t expected) const;
  std::vector<std::string> texts_attribute(const H5::H5Object& owner,
                                           const std::string& name) const;
  /// Dimensions, after checking that the file is large enough to hold that many elements.
  std::vector<std::int64_t> shape_of(const std::string& name, const H5::DataSet& set) const;
  std::size_t list_size(const std::string& name, const H5::DataSet& set) const;
  template <typename T>
  std::vector<T> list(const std::string& name, H5T_class_t kind, const H5::PredType& type) const;

  H5::Group group_;
  std::string file_;
  std::string place_;  ///< "/train/"
  std::int64_t file_bytes_ = 0;
  mutable std::optional<std::vector<std::string>> links_;
};

[[noreturn]] void throw_unreadable(const std::filesystem::path& path, const H5::Exception& error);

/// Runs `read` with HDF5 silenced and turns whatever HDF5 throws into a StoreError about `path`.
template <typename Function>
auto guarded_read(const std::filesystem::path& path, Function read) {
  const SilentHdf5 silent;
  try {
    return read();
  } catch (const H5::Exception& error) {
    throw_unreadable(path, error);
  }
}

}  // namespace attempt::results
