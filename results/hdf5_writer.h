#pragma once

#include <H5Cpp.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace attempt::results {

/// Keeps HDF5's error stack of this thread off standard error for the length of a scope.
class SilentHdf5 {
 public:
  SilentHdf5();
  ~SilentHdf5();
  SilentHdf5(const SilentHdf5&) = delete;
  SilentHdf5& operator=(const SilentHdf5&) = delete;

 private:
  H5E_auto2_t handler_ = nullptr;
  void* data_ = nullptr;
};

/// Writes objects below one group. Throws H5::Exception, and StoreError for a name that HDF5 would
/// read as a path.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(H5::Group group) : group_(std::move(group)) {}

  Hdf5Writer make_group(const std::string& name);

  /// UTF-8 of variable length; a NUL inside becomes U+FFFD, as HDF5 would cut the text there.
  void attribute(const std::string& name, const std::string& text);
  void attribute(const std::string& name, const std::vector<std::string>& texts);
  void attribute(const std::string& name, std::int64_t value);
  void attribute(const std::string& name, std::uint64_t value);
  void attribute(const std::string& name, double value);

  void scalar(const std::string& name, double value);
  void texts(const std::string& name, const std::vector<std::string>& values);
  void array(const std::string& name, std::span<const std::int64_t> values);
  void array(const std::string& name, std::span<const double> values);
  void array(const std::string& name, std::span<const std::uint8_t> values);
  /// Row-major; the product of `shape` is the number of values.
  void array(const std::string& name, std::span<const double> values,
             const std::vector<std::int64_t>& shape);
  void array(const std::string& name, std::span<const float> values,
             const std::vector<std::int64_t>& shape);
  /// An attribute of an array that is there.
  void array_attribute(const std::string& array, const std::string& name,
                       const std::vector<std::string>& texts);

 private:
  void write(const std::string& name, const H5::DataType& file_type, const H5::DataType& type,
             const H5::DataSpace& space, const void* values);
  void write_shaped(const std::string& name, const H5::PredType& file_type,
                    const H5::PredType& type, const void* values, std::size_t count,
                    const std::vector<std::int64_t>& shape);
  void write_attribute(const std::string& name, const H5::DataType& file_type,
                       const H5::DataType& type, const H5::DataSpace& space, const void* values);

  H5::Group group_;
};

/// Creates a file whose bytes depend on what `write` puts below its root alone: object times are
/// off, and the metadata has the checksums of the HDF5 1.8 format. The file is closed on return.
/// @param user_block  bytes left free before the HDF5 content: 0, or a power of two from 512.
/// @throws StoreError, also when the file exists; a half-written file is left to the caller.
void write_hdf5_file(const std::filesystem::path& path, std::int64_t user_block,
                     const std::function<void(Hdf5Writer&)>& write);

}  // namespace attempt::results
