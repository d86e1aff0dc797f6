#include "results/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "results/store_error.h"

namespace attempt::results {

namespace {

/// Large enough that the digest, not the system calls, takes the time.
constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("SHA-256 is not available (OpenSSL refuses it)");
    }
  }

  void add(const void* bytes, std::size_t size) {
    if (EVP_DigestUpdate(context_.get(), bytes, size) != 1) {
      throw std::runtime_error("SHA-256 failed (OpenSSL)");
    }
  }

  std::string hex() {
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_.get(), raw, &size) != 1) {
      throw std::runtime_error("SHA-256 failed (OpenSSL)");
    }
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += kDigits[raw[i] >> 4];
      text += kDigits[raw[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) { return sha256_file_from(path, 0); }

std::string sha256_file_from(const std::filesystem::path& path, std::int64_t offset) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw StoreError(path.string(), std::string("cannot be opened (") + std::strerror(errno) +
                                        "). Check the path and its permissions.");
  }
  const std::unique_ptr<const int, void (*)(const int*)> closer(&descriptor,
                                                                [](const int* d) { ::close(*d); });
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 digest;
  std::vector<char> block(kBlockBytes);
  for (;;) {
    const ssize_t count = ::pread(descriptor, block.data(), block.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw StoreError(path.string(), std::string("cannot be read (") + std::strerror(errno) +
                                          "). Check the disk.");
    }
    if (count == 0) return digest.hex();
    digest.add(block.data(), static_cast<std::size_t>(count));
    offset += count;
  }
}

std::filesystem::path user_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return std::filesystem::path(cache) / "attempt-mpi";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') {
    return std::filesystem::path(home) / ".cache" / "attempt-mpi";
  }
  return std::filesystem::temp_directory_path() / ("attempt-mpi-" + std::to_string(::getuid()));
}

}  // namespace attempt::results
