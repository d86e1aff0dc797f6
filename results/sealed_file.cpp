#include "results/sealed_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "results/digest.h"
#include "results/store_error.h"

namespace attempt::results {

namespace {

constexpr char kHeader[] = "attempt-mpi sealed 1\nsha256 ";
constexpr char kHdf5Signature[] = "\x89HDF\r\n\x1a\n";

std::string seal_of(const std::filesystem::path& path) {
  std::string seal = kHeader + sha256_file_from(path, kSealBytes) + "\n";
  seal.resize(static_cast<std::size_t>(kSealBytes), '\0');
  return seal;
}

}  // namespace

void write_seal(const std::filesystem::path& path) {
  const std::string seal = seal_of(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(seal.data(), static_cast<std::streamsize>(seal.size()));
  file.flush();
  if (!file) {
    throw StoreError(path.string(), std::string("cannot be written (") + std::strerror(errno) +
                                        "). Check free space and permissions.");
  }
}

Seal check_seal(const std::filesystem::path& path) {
  std::string seal(static_cast<std::size_t>(kSealBytes), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw StoreError(path.string(), std::string("cannot be read (") + std::strerror(errno) +
                                        "). Check the path and its permissions.");
  }
  file.read(seal.data(), static_cast<std::streamsize>(seal.size()));
  if (seal.starts_with(kHdf5Signature)) return Seal::kNone;
  if (file.gcount() != kSealBytes || !seal.starts_with(kHeader)) return Seal::kBroken;
  return seal == seal_of(path) ? Seal::kSound : Seal::kBroken;
}

void require_whole(const std::filesystem::path& path) {
  if (check_seal(path) != Seal::kBroken) return;
  throw StoreError(path.string(),
                   "is damaged or not one of this program's files (the SHA-256 that it begins with "
                   "is missing or not that of its content). Remove it and run again.");
}

}  // namespace attempt::results
