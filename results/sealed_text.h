#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace attempt::results {

/// Text files that carry their own SHA-256, so that a flipped bit or a missing end is noticed. A
/// bare file, as a person writes it, has none.
enum class TextSeal { kSound, kBroken, kNone };

/// JSON text of an object with a member "sha256" over the rest, and a line end. @param indent
/// as in nlohmann::json::dump
std::string seal_json(nlohmann::json object, int indent);
/// @return kBroken also for a text that is no JSON object.
TextSeal check_json_seal(const std::string& text, int indent);

/// The lines and a last one "# sha256 <64 hex>", a comment in TOML.
std::string seal_lines(std::string lines);
TextSeal check_lines_seal(const std::string& text);

}  // namespace attempt::results
