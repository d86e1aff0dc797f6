#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "model/fused.h"

namespace attempt::model {

class Dropout;

/// Rows of a batch that draw from the stream of one trial among several.
struct DropoutPart {
  Dropout* stream = nullptr;
  std::int64_t rows = 0;
  std::int64_t source = 0;  ///< length of the encoder's rows that the trial would have alone
  std::int64_t target = 0;  ///< of the decoder's
};

/// Inverted dropout drawn from a stream of its own (never the global generator): elements are
/// zeroed at `rate`, the rest scaled by 1 / (1 - rate). An element's fate is a hash of stream, call
/// and position, so it does not depend on the number of threads and is the same on the CPU and in
/// CUDA kernels, and the backward pass computes it again instead of keeping a mask. The state can
/// be saved and put back bit for bit. A CUDA build without kernels (model/fused.h) draws from a
/// generator.
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

  /// The next draw for a kernel of model/fused.h; one that drops nothing when inactive.
  fused::Draw next_draw();

  /// For a captured step: the draws that follow are counted from a number on the device, so that a
  /// replay after another start_step() draws anew. The backward pass must be through before the
  /// next call.
  void start_step();
  /// Draws made so far.
  std::uint64_t draws() const { return calls_; }
  /// Counts draws that a replay made.
  void skip(std::uint64_t draws) { calls_ += draws; }

  /// For a pass over rows of several trials: what each part's rows draw is what its stream would
  /// draw for them alone. On a CUDA device it takes the kernels of model/fused.h.
  /// @param source, target  padded lengths of the batch; not equal
  void start_parts(std::span<const DropoutPart> parts, std::int64_t source, std::int64_t target);
  /// Counts what the pass drew in the streams of its parts.
  void finish_parts(std::span<const DropoutPart> parts);

  at::Tensor state() const;  ///< CPU uint8 tensor; undefined without a stream
  void set_state(const at::Tensor& state);

 private:
  bool has_kernel(const at::Tensor& x) const;
  /// The next draw for a kernel of model/dropout_kernel.h: `offset` is its key, or is added to
  /// those of the rows.
  fused::Draw next_cpu_draw(double rate);
  std::int64_t key_after(std::uint64_t draws) const;
  fused::Draw next_draw(double rate);

  double rate_ = 0;
  bool has_stream_ = false;
  std::uint64_t seed_ = 0;
  std::uint64_t calls_ = 0;  ///< draws made so far
  at::Tensor base_;          ///< on a CUDA device: the key after base_calls_ draws
  std::uint64_t base_calls_ = 0;
  RowStreams rows_;          ///< of a pass over several trials
  at::Generator generator_;  ///< on a device without kernels
};

}  // namespace attempt::model
