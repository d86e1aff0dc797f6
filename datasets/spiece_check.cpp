#include "datasets/spiece_check.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t kPieces = 1, kPiece = 1;
constexpr std::uint64_t kNormalizerSpec = 3, kDenormalizerSpec = 5, kPrecompiledCharsmap = 2;

/// One field of a serialised protocol buffer message.
struct Field {
  std::uint64_t number = 0;
  std::string_view bytes;  ///< of a text, bytes or message; else empty
};

/// The fields of a message, front to back.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  bool is_at_end() const { return rest_.empty(); }

  /// Nothing where the message is damaged.
  std::optional<Field> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    Field field{*tag >> 3, {}};
    switch (*tag & 7) {
      case 0:
        return varint() ? std::optional(field) : std::nullopt;
      case 1:
        return skip(8) ? std::optional(field) : std::nullopt;
      case 2: {
        const auto length = varint();
        if (!length || *length > rest_.size()) return std::nullopt;
        field.bytes = rest_.substr(0, *length);
        skip(*length);
        return field;
      }
      case 5:
        return skip(4) ? std::optional(field) : std::nullopt;
      default:  // groups: not in this format
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool skip(std::size_t bytes) {
    if (bytes > rest_.size()) return false;
    rest_.remove_prefix(bytes);
    return true;
  }

  std::string_view rest_;
};

/// A double-array trie (Darts-clone): the child for byte c of a node lies at base ^ c.
struct TrieUnit {
  std::uint32_t bits = 0;

  bool has_value() const { return ((bits >> 8) & 1) != 0; }
  std::uint32_t value() const { return bits & 0x7FFFFFFF; }
  std::uint32_t label() const { return bits & 0x800000FF; }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & 0x200) >> 6); }
};

/// Whether no search in the trie leaves it, and no value is `values` or more.
bool is_closed(const std::vector<TrieUnit>& trie, std::size_t values) {
  std::vector<bool> is_known(trie.size());
  std::vector<std::size_t> nodes = {0};
  is_known[0] = true;
  while (!nodes.empty()) {
    const std::size_t node = nodes.back();
    nodes.pop_back();
    const std::size_t base = node ^ trie[node].offset();
    if ((base | 0xFF) >= trie.size()) return false;
    if (trie[node].has_value() && trie[base].value() >= values) return false;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::size_t child = base ^ byte;
      if (trie[child].label() != byte || is_known[child]) continue;
      is_known[child] = true;
      nodes.push_back(child);
    }
  }
  return true;
}

/// The table: bytes of the trie as 4 bytes, trie, texts that its values point to, each ended by 0.
bool is_sound_charsmap(std::string_view table) {
  if (table.empty()) return true;
  std::uint32_t trie_bytes = 0;
  if (table.size() < sizeof trie_bytes) return false;
  std::memcpy(&trie_bytes, table.data(), sizeof trie_bytes);  // little-endian, as we are
  table.remove_prefix(sizeof trie_bytes);
  if (trie_bytes == 0 || trie_bytes % sizeof(TrieUnit) != 0 || trie_bytes >= table.size())
    return false;
  std::vector<TrieUnit> trie(trie_bytes / sizeof(TrieUnit));
  std::memcpy(trie.data(), table.data(), trie_bytes);
  return table.back() == '\0' && is_closed(trie, table.size() - trie_bytes);
}

/// A piece of the vocabulary: its text is UTF-8, since decoded text consists of pieces.
bool is_sound_piece(std::string_view piece) {
  FieldReader parts(piece);
  while (!parts.is_at_end()) {
    const auto part = parts.next();
    if (!part || (part->number == kPiece && !is_valid_utf8(part->bytes))) return false;
  }
  return true;
}

}  // namespace

std::string fault_of_spiece_model(std::string_view model) {
  FieldReader fields(model);
  while (!fields.is_at_end()) {
    const auto field = fields.next();
    if (!field) return "is cut off or damaged";
    if (field->number == kPieces && !is_sound_piece(field->bytes)) return "a piece is damaged";
    if (field->number != kNormalizerSpec && field->number != kDenormalizerSpec) continue;
    FieldReader parts(field->bytes);
    while (!parts.is_at_end()) {
      const auto part = parts.next();
      if (!part) return "its normalisation rules are damaged";
      if (part->number == kPrecompiledCharsmap && !is_sound_charsmap(part->bytes))
        return "its normalisation table is damaged";
    }
  }
  return "";
}

}  // namespace attempt::datasets
