#pragma once

#include <H5Cpp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

// Texts of variable length on their way out of a file.

namespace attempt::results {

/// The type of every text that is read. Made once and never closed: HDF5 ends before statics do.
inline const H5::StrType& text_type() {
  static const auto& type = *[] {
    auto* made = new H5::StrType(H5::PredType::C_S1, H5T_VARIABLE);
    made->setCset(H5T_CSET_UTF8);
    return made;
  }();
  return type;
}

/// Texts of an attribute, which HDF5 allocates; given back at the end of the scope.
struct HeapTexts {
  HeapTexts(std::size_t size, const H5::DataType& its_type, const H5::DataSpace& its_space)
      : pointers(size, nullptr), type(its_type), space(its_space) {}
  ~HeapTexts() { H5Dvlen_reclaim(type.getId(), space.getId(), H5P_DEFAULT, pointers.data()); }
  HeapTexts(const HeapTexts&) = delete;
  HeapTexts& operator=(const HeapTexts&) = delete;

  std::vector<std::string> copy() const {
    std::vector<std::string> texts;
    texts.reserve(pointers.size());
    for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
    return texts;
  }

  std::vector<char*> pointers;
  H5::DataType type;
  H5::DataSpace space;
};

/// Where HDF5 puts the texts of a data set: a few blocks for thousands of texts.
class TextBlocks {
 public:
  /// As malloc: null where there is no memory.
  static void* allocate(std::size_t size, void* blocks) {
    return static_cast<TextBlocks*>(blocks)->take(size);
  }
  static void release(void*, void*) {}  // all at once, with this object

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

  struct Free {
    void operator()(char* block) const { std::free(block); }
  };

  void* take(std::size_t size) {
    if (size > left_) {
      const std::size_t bytes = std::max(size, kBlockBytes);
      auto* block = static_cast<char*>(std::malloc(bytes));
      if (block == nullptr) return nullptr;
      blocks_.emplace_back(block);
      next_ = block;
      left_ = bytes;
    }
    char* taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }

  std::vector<std::unique_ptr<char, Free>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace attempt::results
