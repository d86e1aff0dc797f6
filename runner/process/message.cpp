#include "runner/process/message.h"

#include <stdexcept>
#include <utility>

namespace attempt::process {

namespace {

template <typename T>
Message make(const char* kind, const T& body) {
  return {kind, nlohmann::json(body)};
}

}  // namespace

Outcome outcome_of(const Assignment& assignment, OutcomeStatus status, std::string message,
                   std::string cause) {
  Outcome outcome;
  outcome.node_id = assignment.node_id;
  outcome.attempt = assignment.attempt;
  outcome.status = status;
  outcome.message = std::move(message);
  outcome.cause = std::move(cause);
  return outcome;
}

// Kinds are part of the protocol: a changed word needs a new kMessageVersion.
template <>
Message make_message(const Hello& body) {
  return make("hello", body);
}
template <>
Message make_message(const Settings& body) {
  return make("settings", body);
}
template <>
Message make_message(const Assignment& body) {
  return make("assignment", body);
}
template <>
Message make_message(const Progress& body) {
  return make("progress", body);
}
template <>
Message make_message(const Outcome& body) {
  return make("outcome", body);
}
template <>
Message make_message(const Heartbeat& body) {
  return make("heartbeat", body);
}
template <>
Message make_message(const Stop& body) {
  return make("stop", body);
}
template <>
Message make_message(const Finish& body) {
  return make("finish", body);
}

std::string encode(const Message& message) {
  // Log lines and error texts may hold any bytes: replace what is not UTF-8 rather than throw.
  return "{\"version\":" + std::to_string(kMessageVersion) + ",\"kind\":\"" + message.kind +
         "\",\"body\":" +
         message.body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "}";
}

Message decode(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("version") || !json["version"].is_number_integer() ||
      !json.contains("kind") || !json["kind"].is_string() || !json.contains("body") ||
      !json["body"].is_object()) {
    throw std::runtime_error("not a message (no JSON object with version, kind and body): " +
                             text.substr(0, 80));
  }
  if (json["version"] != kMessageVersion) {
    throw std::runtime_error("message of version " + json["version"].dump() + ", expected " +
                             std::to_string(kMessageVersion) +
                             " (attempt and attempt-trainer of different builds). Rebuild both.");
  }
  return {json["kind"].get<std::string>(), std::move(json["body"])};
}

}  // namespace attempt::process
