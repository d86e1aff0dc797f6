#pragma once

#include <optional>
#include <string>

#include "results/event_log.h"

namespace attempt::results {

/// One line of an event file without its line feed: a JSON object whose last member "crc32" is the
/// checksum of all bytes before that member. Persistent on disk: change it with a new member only.
std::string encode_event(const Event& event);

/// @return nothing for a line that is cut, changed or not an event.
std::optional<Event> decode_event(const std::string& line);

}  // namespace attempt::results
