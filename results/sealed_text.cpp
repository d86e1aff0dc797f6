#include "results/sealed_text.h"

#include <nlohmann/json.hpp>

#include "results/digest.h"

namespace attempt::results {

namespace {

using Json = nlohmann::json;

constexpr const char* kMember = "sha256";
constexpr const char* kComment = "# sha256 ";
constexpr std::size_t kDigestDigits = 64;

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string seal_json(Json object, int indent) {
  object.erase(kMember);
  object[kMember] = sha256(dump(object, -1));
  return dump(object, indent);
}

TextSeal check_json_seal(const std::string& text, int indent) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return TextSeal::kBroken;
  if (!json.contains(kMember)) return TextSeal::kNone;
  return seal_json(json, indent) == text ? TextSeal::kSound : TextSeal::kBroken;
}

std::string seal_lines(std::string lines) {
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  return lines + kComment + sha256(lines) + "\n";
}

TextSeal check_lines_seal(const std::string& text) {
  const std::size_t length = std::string(kComment).size() + kDigestDigits + 1;
  const std::size_t start = text.rfind(kComment);
  if (start == std::string::npos) return TextSeal::kNone;
  if (start + length != text.size()) return TextSeal::kBroken;
  return seal_lines(text.substr(0, start)) == text ? TextSeal::kSound : TextSeal::kBroken;
}

}  // namespace attempt::results
