#pragma once

#include <cuda_bf16.h>

namespace attempt::model::cuda {

using bf16 = __nv_bfloat16;

/// Eight neighbouring elements as float32, moved in 16-byte pieces.
struct Eight {
  float at[8];

  static __device__ Eight load(const float* from) {
    const float4 a = reinterpret_cast<const float4*>(from)[0];
    const float4 b = reinterpret_cast<const float4*>(from)[1];
    return {{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w}};
  }
  static __device__ Eight load(const bf16* from) {
    const uint4 bits = *reinterpret_cast<const uint4*>(from);
    const __nv_bfloat162* pairs = reinterpret_cast<const __nv_bfloat162*>(&bits);
    Eight eight;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float2 pair = __bfloat1622float2(pairs[i]);
      eight.at[2 * i] = pair.x;
      eight.at[2 * i + 1] = pair.y;
    }
    return eight;
  }
  __device__ void store(float* to) const {
    reinterpret_cast<float4*>(to)[0] = make_float4(at[0], at[1], at[2], at[3]);
    reinterpret_cast<float4*>(to)[1] = make_float4(at[4], at[5], at[6], at[7]);
  }
  __device__ void store(bf16* to) const {
    uint4 bits;
    __nv_bfloat162* pairs = reinterpret_cast<__nv_bfloat162*>(&bits);
#pragma unroll
    for (int i = 0; i < 4; ++i) pairs[i] = __floats2bfloat162_rn(at[2 * i], at[2 * i + 1]);
    *reinterpret_cast<uint4*>(to) = bits;
  }
};

/// What the element would be once stored.
__device__ inline float rounded(float value, const float*) { return value; }
__device__ inline float rounded(float value, const bf16*) {
  return __bfloat162float(__float2bfloat16(value));
}

}  // namespace attempt::model::cuda
