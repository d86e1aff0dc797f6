#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::model {

/// Inverted dropout drawn from a stream of its own (never the global generator): elements are
/// zeroed at `rate`, the rest scaled by 1 / (1 - rate). On the CPU an element's fate is a hash of
/// stream, call and position, so it does not depend on the number of threads, and the backward pass
/// computes it again instead of keeping a mask. The state can be saved and put back bit for bit.
class Dropout {
 public:
  /// No dropout: evaluation, and dropout_rate 0.
  Dropout() = default;
  Dropout(double rate, std::uint64_t seed, const at::Device& device);

  bool is_active() const { return rate_ > 0; }
  /// Made with a seed, i.e. for training; operator() with a rate of its own then draws.
  bool has_stream() const { return has_stream_; }
  double rate() const { return rate_; }

  /// drop(x); x itself when inactive.
  at::Tensor operator()(const at::Tensor& x) { return (*this)(x, rate_); }
  /// The same at another rate.
  at::Tensor operator()(const at::Tensor& x, double rate);
  /// residual + drop(x), in one pass where possible.
  at::Tensor add(const at::Tensor& residual, const at::Tensor& x);
  /// drop(relu(x)), in one pass where possible.
  at::Tensor relu(const at::Tensor& x);

  at::Tensor state() const;  ///< CPU uint8 tensor; undefined without a stream
  void set_state(const at::Tensor& state);

 private:
  bool has_kernel(const at::Tensor& x) const;
  /// The key of the next draw.
  std::int64_t next_key();

  double rate_ = 0;
  bool has_stream_ = false;
  std::uint64_t seed_ = 0;
  std::uint64_t calls_ = 0;  ///< draws made so far (CPU)
  at::Generator generator_;  ///< other devices
};

}  // namespace attempt::model
