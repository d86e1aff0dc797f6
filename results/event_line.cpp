#include "results/event_line.h"

#include <zlib.h>

#include <cstdio>

namespace attempt::results {

namespace {

using Json = nlohmann::json;

std::string checksum_member(const std::string& body) {
  const uLong crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  char text[32];
  std::snprintf(text, sizeof text, ",\"crc32\":\"%08lx\"}", crc);
  return text;
}

const std::size_t kChecksumBytes = checksum_member("").size();

}  // namespace

std::string encode_event(const Event& event) {
  nlohmann::ordered_json json;
  json["sequence"] = event.sequence;
  json["time"] = event.time;
  json["run_id"] = event.run_id;
  json["type"] = event.type;
  json["trial_id"] = event.trial_id;
  json["data"] = event.data;
  std::string body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  body.pop_back();  // the closing brace follows the checksum
  return body + checksum_member(body);
}

std::optional<Event> decode_event(const std::string& line) {
  if (line.size() <= kChecksumBytes) return std::nullopt;
  const std::string body = line.substr(0, line.size() - kChecksumBytes);
  if (line.compare(body.size(), kChecksumBytes, checksum_member(body)) != 0) return std::nullopt;
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  try {
    return Event{.type = json.at("type"),
                 .time = json.at("time"),
                 .run_id = json.at("run_id"),
                 .sequence = json.at("sequence"),
                 .trial_id = json.at("trial_id"),
                 .data = json.at("data")};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace attempt::results
