#include "datasets/token_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <openssl/sha.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "datasets/data_error.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSealBytes = 512;  // an HDF5 user block: readers of HDF5 skip it
constexpr const char* kMagic = "attempt-tokens 1 ";

std::string sha256_hex(const unsigned char* bytes, std::size_t size) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes, size, digest.data());
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

/// A file mapped read-only; unmapped when the last split that uses it is gone.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status {};
    if (fstat(descriptor, &status) == 0 && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      void* mapped = mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
      if (mapped != MAP_FAILED) data_ = static_cast<const unsigned char*>(mapped);
    }
    close(descriptor);
  }
  ~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<unsigned char*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  bool is_sealed() const {
    if (data_ == nullptr || size_ <= kSealBytes) return false;
    const std::string seal = kMagic + sha256_hex(data_ + kSealBytes, size_ - kSealBytes) + "\n";
    return std::memcmp(data_, seal.data(), seal.size()) == 0;
  }

  const unsigned char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  const unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Owns an HDF5 identifier.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void write_array(const fs::path& path, hid_t file, const std::string& name, hid_t type,
                 std::size_t size, const void* values) {
  const hsize_t dims[] = {size};
  const Handle space(H5Screate_simple(1, dims, nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  H5Pset_layout(properties, H5D_CONTIGUOUS);
  H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
  const Handle dataset(
      H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  if (dataset < 0 ||
      (size > 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)) {
    throw DataError(path.string(), "cannot be written (is the disk full?)");
  }
}

void write_split(const fs::path& path, hid_t file, const std::string& split,
                 const TokenArrays& arrays) {
  const Handle group(H5Gcreate2(file, split.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                     H5Gclose);
  const std::string at = split + "/";
  write_array(path, file, at + "source_ids", H5T_NATIVE_INT32, arrays.source_ids.size(),
              arrays.source_ids.data());
  write_array(path, file, at + "source_offsets", H5T_NATIVE_INT64, arrays.source_offsets.size(),
              arrays.source_offsets.data());
  write_array(path, file, at + "target_ids", H5T_NATIVE_INT32, arrays.target_ids.size(),
              arrays.target_ids.data());
  write_array(path, file, at + "target_offsets", H5T_NATIVE_INT64, arrays.target_offsets.size(),
              arrays.target_offsets.data());
  write_array(path, file, at + "records", H5T_NATIVE_UINT8, arrays.records.size(),
              arrays.records.data());
  write_array(path, file, at + "record_offsets", H5T_NATIVE_INT64, arrays.record_offsets.size(),
              arrays.record_offsets.data());
}

void seal(const fs::path& path) {
  std::string line;
  {
    const MappedFile written(path);
    if (written.size() <= kSealBytes)
      throw DataError(path.string(), "was not written whole (is the disk full?)");
    line = kMagic + sha256_hex(written.data() + kSealBytes, written.size() - kSealBytes) + "\n";
  }
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool is_sealed =
      descriptor >= 0 &&
      pwrite(descriptor, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()) &&
      fsync(descriptor) == 0;
  if (descriptor >= 0) close(descriptor);
  if (!is_sealed)
    throw DataError(path.string(), std::string("cannot be written (") + std::strerror(errno) + ")");
}

/// The bytes of a contiguous dataset inside the mapped file; empty optional when it is not as
/// expected.
template <typename T>
std::optional<std::span<const T>> find_array(const MappedFile& mapped, hid_t file,
                                             const std::string& name, hid_t type) {
  const Handle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (dataset < 0) return std::nullopt;
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const Handle stored(H5Dget_type(dataset), H5Tclose);
  if (H5Tequal(stored, type) <= 0 || H5Sget_simple_extent_ndims(space) != 1) return std::nullopt;
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count == 0) return std::span<const T>();
  const haddr_t offset = H5Dget_offset(dataset);
  if (count < 0 || offset == HADDR_UNDEF || offset > mapped.size() || offset % alignof(T) != 0 ||
      static_cast<std::size_t>(count) > (mapped.size() - offset) / sizeof(T)) {
    return std::nullopt;
  }
  return std::span<const T>(reinterpret_cast<const T*>(mapped.data() + offset),
                            static_cast<std::size_t>(count));
}

std::shared_ptr<const TokenizedSplit> find_split(const std::shared_ptr<MappedFile>& mapped,
                                                 hid_t file, const std::string& split) {
  const auto source_ids =
      find_array<std::int32_t>(*mapped, file, split + "/source_ids", H5T_NATIVE_INT32);
  const auto source_offsets =
      find_array<std::int64_t>(*mapped, file, split + "/source_offsets", H5T_NATIVE_INT64);
  const auto target_ids =
      find_array<std::int32_t>(*mapped, file, split + "/target_ids", H5T_NATIVE_INT32);
  const auto target_offsets =
      find_array<std::int64_t>(*mapped, file, split + "/target_offsets", H5T_NATIVE_INT64);
  const auto records = find_array<char>(*mapped, file, split + "/records", H5T_NATIVE_UINT8);
  const auto record_offsets =
      find_array<std::int64_t>(*mapped, file, split + "/record_offsets", H5T_NATIVE_INT64);
  if (!source_ids || !source_offsets || !target_ids || !target_offsets || !records ||
      !record_offsets)
    return nullptr;
  const TokenViews views{*source_ids,     *source_offsets, *target_ids,
                         *target_offsets, *records,        *record_offsets};
  return views.is_consistent() ? make_split(views, mapped) : nullptr;
}

}  // namespace

void write_token_file(const fs::path& path, const TokenFileContent& content) {
  {
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_userblock(creation, kSealBytes);
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_alignment(access, /*threshold=*/1,
                     /*alignment=*/8);  // so that arrays can be used in place
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access), H5Fclose);
    if (file < 0)
      throw DataError(path.string(), "cannot be created (is the cache folder writable?)");
    write_split(path, file, "train", content.train);
    write_split(path, file, "validation", content.validation);
    write_split(path, file, "test", content.test);
    write_array(path, file, "reports", H5T_NATIVE_UINT8, content.reports.size(),
                content.reports.data());
  }
  seal(path);
}

std::optional<OpenedTokenFile> open_token_file(const fs::path& path) {
  const auto mapped = std::make_shared<MappedFile>(path);
  if (!mapped->is_sealed()) return std::nullopt;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) return std::nullopt;
  const auto reports = find_array<char>(*mapped, file, "reports", H5T_NATIVE_UINT8);
  OpenedTokenFile opened{find_split(mapped, file, "train"), find_split(mapped, file, "validation"),
                         find_split(mapped, file, "test"), ""};
  if (!reports || !opened.train || !opened.validation || !opened.test) return std::nullopt;
  opened.reports.assign(reports->begin(), reports->end());
  return opened;
}

}  // namespace attempt::datasets
