#pragma once

#include <optional>
#include <string>

#include "runner/process/message.h"

namespace attempt::process {

/// Descriptor on which a trainer finds its end of the socket pair.
inline constexpr int kTrainerChannelFd = 3;

/// One end of a socket pair carrying messages, one JSON text a line. Used by one thread.
class Channel {
 public:
  /// Takes ownership of the descriptor and makes it non-blocking.
  explicit Channel(int descriptor);
  ~Channel();
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;

  /// Queues and sends as much as the socket takes; the rest goes out with the next call.
  /// @return false when the other end is gone.
  bool send(const Message& message);

  /// Sends what is queued, as much as the socket takes. @return false when the other end is gone.
  bool flush();

  /// The next whole message, if one has arrived. @throws std::runtime_error on a damaged one.
  std::optional<Message> receive();

  /// Waits until something can be read or `timeout_ms` has passed (-1: for ever).
  bool wait_readable(int timeout_ms) const;

  bool is_open() const;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool is_open_ = true;
  bool is_writable_ = true;  ///< what the other end sent before it left is still read
  std::string in_;
  std::string out_;
};

struct ChannelPair {
  Channel mine;
  int theirs = -1;  ///< blocking, closed on exec; owned by the caller
};
/// @throws std::runtime_error when the system has no descriptors left.
ChannelPair make_channel_pair();

}  // namespace attempt::process
