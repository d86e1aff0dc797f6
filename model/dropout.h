#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::model {

/// Inverted dropout drawn from a stream of its own (never the global generator).
/// Copying shares the stream; the state can be saved and put back bit for bit.
class Dropout {
 public:
  /// No dropout: evaluation, and dropout_rate 0.
  Dropout() = default;
  Dropout(double rate, std::uint64_t seed, const at::Device& device);

  bool is_active() const { return rate_ > 0; }
  double rate() const { return rate_; }

  /// @return x with elements zeroed at `rate` and the rest scaled by 1 / (1 - rate); x itself when
  /// inactive.
  at::Tensor operator()(const at::Tensor& x);

  at::Tensor state() const;  ///< CPU uint8 tensor; undefined when inactive
  void set_state(const at::Tensor& state);

 private:
  double rate_ = 0;
  at::Generator generator_;
};

}  // namespace attempt::model
