#include <cmath>

#include "model/cuda/attention_block.cuh"
#include "model/cuda/attention_tiles.cuh"
#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

namespace attempt::model::cuda {

namespace {

/// delta = sum of out * d_out over a head's width; eight lanes a head of a row.
__global__ void delta_kernel(Attention a, Heads d_out, float* delta) {
  const std::int64_t at = (blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x) / 8;
  if (at >= a.batch * a.heads * a.queries) return;
  const int h = static_cast<int>(at % a.heads);
  const std::int64_t row = at / a.heads % a.queries;
  const int b = static_cast<int>(at / a.heads / a.queries);
  const int part = threadIdx.x % 8;
  const auto piece = [&](const Heads& heads) {
    return *reinterpret_cast<const uint4*>(head_of(heads, b, h) + row * heads.row_stride +
                                           part * 8);
  };
  const uint4 x = piece(a.out), y = piece(d_out);
  const auto* left = reinterpret_cast<const __nv_bfloat162*>(&x);
  const auto* right = reinterpret_cast<const __nv_bfloat162*>(&y);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 p = __bfloat1622float2(left[i]), q = __bfloat1622float2(right[i]);
    sum += p.x * q.x + p.y * q.y;
  }
#pragma unroll
  for (int offset = 4; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xFFFFFFFFU, sum, offset);
  if (part == 0) delta[(b * a.heads + h) * a.queries + row] = sum;
}

/// What the gradient kernels need of a query.
struct OfQuery {
  float log_sum[kTile];
  float delta[kTile];
  std::uint64_t kept[kTile];
};

template <bool kDrops>
__device__ void load_of_query(OfQuery& to, const Attention& a, const float* delta, int bh,
                              int first, int key_tile) {
  const int i = threadIdx.x % kTile;
  const int query = first + i;
  const bool is_there = query < a.queries;
  const std::int64_t at = static_cast<std::int64_t>(bh) * a.queries + query;
  if (threadIdx.x < kTile) {
    to.log_sum[i] = is_there ? a.log_sum[at] : INFINITY;
    to.delta[i] = is_there ? delta[at] : 0.0F;
  } else if (kDrops) {
    to.kept[i] =
        is_there
            ? a.kept[(static_cast<std::int64_t>(bh) * tiles_of(a.keys) + key_tile) * a.queries +
                     query]
            : 0;
  }
}

/// Gradients of a tile of keys and values. Scores stand transposed: a warp's rows are keys.
template <bool kDrops>
__global__ void __launch_bounds__(kThreads, 3)
    key_value_kernel(Attention a, Heads d_out, Heads d_k, Heads d_v, const float* delta) {
  extern __shared__ __align__(128) unsigned char shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = blockIdx.x * kTile, bh = blockIdx.y;
  const int b = bh / static_cast<int>(a.heads), h = bh % static_cast<int>(a.heads);
  const int queries = static_cast<int>(a.queries), keys = static_cast<int>(a.keys);
  const int padded = tiles_of(keys) * kTile, padded_queries = tiles_of(queries) * kTile;
  const std::uint32_t k_tile = shared_address(shared), v_tile = k_tile + kTileBytes;
  const std::uint32_t q_tiles = v_tile + kTileBytes, g_tiles = q_tiles + 2 * kTileBytes;
  OfQuery* of_query = reinterpret_cast<OfQuery*>(shared + 6 * kTileBytes);
  float* mask_of_key = reinterpret_cast<float*>(of_query + 2);
  float* bias = mask_of_key + padded;

  const bf16* q_head = head_of(a.q, b, h);
  const bf16* g_head = head_of(d_out, b, h);
  start_tile(k_tile, head_of(a.k, b, h), a.k.row_stride, first, keys);
  start_tile(v_tile, head_of(a.v, b, h), a.v.row_stride, first, keys);
  start_tile(q_tiles, q_head, a.q.row_stride, 0, queries);
  start_tile(g_tiles, g_head, d_out.row_stride, 0, queries);
  commit();
  load_of_query<kDrops>(of_query[0], a, delta, bh, 0, blockIdx.x);
  load_bias(a, h, bias, padded_queries + kTile, first - padded_queries + queries);
  const int end = load_key_mask(a, b, mask_of_key, padded);

  float for_k[8][4] = {}, for_v[8][4] = {};
  const int row = warp * 16 + lane / 4;
  const float masks[2] = {mask_of_key[first + row], mask_of_key[first + row + 8]};
  const std::uint32_t own_bit = 1U << (row % 32);  // among the kept keys of its half of the tile
  const float scale = kDrops ? a.draw.scale : 1.0F;
  const int tiles = first >= end ? 0 : tiles_of(a.is_self ? end : queries);
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    wait<0>();
    __syncthreads();
    if (t + 1 < tiles) {
      const int next = (t + 1) * kTile;
      start_tile(q_tiles + (stage ^ 1) * kTileBytes, q_head, a.q.row_stride, next, queries);
      start_tile(g_tiles + (stage ^ 1) * kTileBytes, g_head, d_out.row_stride, next, queries);
      load_of_query<kDrops>(of_query[stage ^ 1], a, delta, bh, next, blockIdx.x);
    }
    commit();
    const std::uint32_t q_tile = q_tiles + stage * kTileBytes;
    const std::uint32_t g_tile = g_tiles + stage * kTileBytes;
    const OfQuery& query = of_query[stage];
#pragma unroll
    for (int part = 0; part < 2; ++part) {
      float weights[4][4], slopes[4][4];
      std::uint32_t rows[4][4];
      load_rows(rows, k_tile);
      products(weights, rows, q_tile, 32 * part);
      load_rows(rows, v_tile);
      products(slopes, rows, g_tile, 32 * part);
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int columns = 32 * part + 8 * j + 2 * (lane % 4);  // two neighbours
        const float2 log_sum = *reinterpret_cast<const float2*>(query.log_sum + columns);
        const float2 deltas = *reinterpret_cast<const float2*>(query.delta + columns);
        uint4 kept{};
        if (kDrops) kept = *reinterpret_cast<const uint4*>(query.kept + columns);
        const std::uint32_t words[2] = {warp < 2 ? kept.x : kept.y, warp < 2 ? kept.z : kept.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const bool is_second = (i & 1) != 0;
          const int at = row + 8 * (i >> 1) - (t * kTile + columns + (i & 1)) + padded_queries - 1;
          const float score = fmaf(weights[j][i], kLog2e, bias[at] + masks[i >> 1]);
          const float weight = power_of_two(score - (is_second ? log_sum.y : log_sum.x));
          const bool stays = !kDrops || (words[i & 1] & (own_bit << (8 * (i >> 1)))) != 0;
          const float slope = stays ? slopes[j][i] * scale : 0.0F;
          slopes[j][i] = weight * (slope - (is_second ? deltas.y : deltas.x));
          weights[j][i] = stays ? weight * scale : 0.0F;
        }
      }
      add_products(for_v, weights, g_tile, 32 * part);
      add_products(for_k, slopes, q_tile, 32 * part);
    }
  }
  wait<0>();
  store_rows(for_k, head_of(d_k, b, h), d_k.row_stride, first, keys);
  store_rows(for_v, head_of(d_v, b, h), d_v.row_stride, first, keys);
}

/// Gradient of a tile of queries.
template <bool kDrops>
__global__ void __launch_bounds__(kThreads, 3)
    query_kernel(Attention a, Heads d_out, Heads d_q, const float* delta) {
  extern __shared__ __align__(128) unsigned char shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = blockIdx.x * kTile, bh = blockIdx.y;
  const int b = bh / static_cast<int>(a.heads), h = bh % static_cast<int>(a.heads);
  const int queries = static_cast<int>(a.queries), keys = static_cast<int>(a.keys);
  const int padded = tiles_of(keys) * kTile;
  const std::uint32_t q_tile = shared_address(shared), g_tile = q_tile + kTileBytes;
  const std::uint32_t k_tiles = g_tile + kTileBytes, v_tiles = k_tiles + 2 * kTileBytes;
  float* mask_of_key = reinterpret_cast<float*>(shared + 6 * kTileBytes);
  float* bias = mask_of_key + padded;

  const bf16* k_head = head_of(a.k, b, h);
  const bf16* v_head = head_of(a.v, b, h);
  start_tile(q_tile, head_of(a.q, b, h), a.q.row_stride, first, queries);
  start_tile(g_tile, head_of(d_out, b, h), d_out.row_stride, first, queries);
  start_tile(k_tiles, k_head, a.k.row_stride, 0, keys);
  start_tile(v_tiles, v_head, a.v.row_stride, 0, keys);
  commit();
  load_bias(a, h, bias, padded + kTile, queries - first - kTile);
  const int end = load_key_mask(a, b, mask_of_key, padded);

  const int row = warp * 16 + lane / 4;
  float log_sum[2], deltas[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int query = first + row + 8 * half;
    const std::int64_t at = static_cast<std::int64_t>(bh) * queries + query;
    log_sum[half] = query < queries ? a.log_sum[at] : INFINITY;
    deltas[half] = query < queries ? delta[at] : 0.0F;
  }
  float for_q[8][4] = {};
  const float scale = kDrops ? a.draw.scale : 1.0F;
  const int tiles = a.is_self && first >= end ? 0 : tiles_of(end);
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    std::uint64_t kept[2] = {0, 0};
    if (kDrops) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int query = first + row + 8 * half;
        if (query < queries)
          kept[half] =
              a.kept[(static_cast<std::int64_t>(bh) * tiles_of(keys) + t) * queries + query];
      }
    }
    wait<0>();
    __syncthreads();
    if (t + 1 < tiles) {
      start_tile(k_tiles + (stage ^ 1) * kTileBytes, k_head, a.k.row_stride, (t + 1) * kTile, keys);
      start_tile(v_tiles + (stage ^ 1) * kTileBytes, v_head, a.v.row_stride, (t + 1) * kTile, keys);
    }
    commit();
    const std::uint32_t k_tile = k_tiles + stage * kTileBytes;
#pragma unroll
    for (int part = 0; part < 2; ++part) {
      float weights[4][4], slopes[4][4];
      std::uint32_t rows[4][4];
      load_rows(rows, q_tile);
      products(weights, rows, k_tile, 32 * part);
      load_rows(rows, g_tile);
      products(slopes, rows, v_tiles + stage * kTileBytes, 32 * part);
      std::uint32_t words[2];  // bit 8 j + {0, 1}: of this lane's columns
#pragma unroll
      for (int half = 0; half < 2; ++half)
        words[half] = static_cast<std::uint32_t>(kept[half] >> (32 * part)) >> (2 * (lane % 4));
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int key = t * kTile + 32 * part + 8 * j + 2 * (lane % 4);
        const float2 masks = *reinterpret_cast<const float2*>(mask_of_key + key);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int half = i >> 1;
          const float added = bias[key + (i & 1) - (row + 8 * half) + kTile - 1] +
                              ((i & 1) != 0 ? masks.y : masks.x);
          const float weight = power_of_two(fmaf(weights[j][i], kLog2e, added) - log_sum[half]);
          const bool stays = !kDrops || (words[half] >> (8 * j + (i & 1)) & 1U) != 0;
          const float slope = stays ? slopes[j][i] * scale : 0.0F;
          slopes[j][i] = weight * (slope - deltas[half]);
        }
      }
      add_products(for_q, slopes, k_tile, 32 * part);
    }
  }
  wait<0>();
  store_rows(for_q, head_of(d_q, b, h), d_q.row_stride, first, queries);
}

}  // namespace

void attention_backward(const Attention& a, const Heads& d_out, const Heads& d_q, const Heads& d_k,
                        const Heads& d_v, float* delta, cudaStream_t stream) {
  constexpr int kDeltaThreads = 256;
  const std::int64_t threads = a.batch * a.heads * a.queries * 8;
  delta_kernel<<<static_cast<unsigned>((threads + kDeltaThreads - 1) / kDeltaThreads),
                 kDeltaThreads, 0, stream>>>(a, d_out, delta);
  const std::size_t for_keys = 6 * kTileBytes + 2 * sizeof(OfQuery) + table_bytes(a, a.queries);
  const std::size_t for_queries = 6 * kTileBytes + table_bytes(a, a.keys);
  if (a.draw.base != nullptr) {
    launch(key_value_kernel<true>, a.keys, a, for_keys, stream, d_out, d_k, d_v, delta);
    launch(query_kernel<true>, a.queries, a, for_queries, stream, d_out, d_q, delta);
  } else {
    launch(key_value_kernel<false>, a.keys, a, for_keys, stream, d_out, d_k, d_v, delta);
    launch(query_kernel<false>, a.queries, a, for_queries, stream, d_out, d_q, delta);
  }
}

}  // namespace attempt::model::cuda
