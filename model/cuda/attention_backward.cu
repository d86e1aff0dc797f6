#include <cmath>

#include "model/cuda/attention_block.cuh"
#include "model/cuda/attention_products.cuh"
#include "model/cuda/attention_products_hopper.cuh"
#include "model/cuda/attention_tiles.cuh"
#include "model/cuda/eight.cuh"
#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

namespace attempt::model::cuda {

namespace {

/// Columns of a tile that are computed at once, as many as there are registers for.
constexpr int kColumns = 32;

/// What the gradient of keys and values needs of a tile of queries.
struct OfQuery {
  float log_sum[kTile];
  float delta[kTile];
  std::uint64_t kept[kTile];
};

/// This thread's part in copying what belongs to the tiles of queries one after another.
struct QueryCopies {
  const float *log_sum, *delta;
  const std::uint64_t* kept;
  int row;  ///< of a tile

  static __device__ QueryCopies of(const Attention& a, const float* delta, int bh, int key_tile) {
    const int row = threadIdx.x % kTile;
    const std::int64_t at = static_cast<std::int64_t>(bh) * a.queries + row;
    const std::int64_t tile = static_cast<std::int64_t>(bh) * tiles_of(a.keys) + key_tile;
    return {a.log_sum + at, delta + at, a.kept + tile * a.queries + row, row};
  }
  /// @param first  query of the tile, of `queries`
  template <bool kDrops>
  __device__ void start(OfQuery& to, int first, int queries) const {
    const bool is_there = first + row < queries;
    if (threadIdx.x >= kTile) {
      if (kDrops) start_copy<8>(shared_address(to.kept + row), kept + first, is_there);
    } else if (is_there) {
      start_copy<4>(shared_address(to.log_sum + row), log_sum + first, true);
      start_copy<4>(shared_address(to.delta + row), delta + first, true);
    } else {
      to.log_sum[row] = INFINITY;
      to.delta[row] = 0;
    }
  }
};

/// Sum of out * d_out over a row of a head, by the four lanes of a row.
__device__ float delta_of_quad(const bf16* out, const bf16* d_out) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const int from = (threadIdx.x % 4) * 8 + 32 * i;
    const Eight x = Eight::load(out + from), y = Eight::load(d_out + from);
#pragma unroll
    for (int j = 0; j < 8; ++j) sum = fmaf(x.at[j], y.at[j], sum);
  }
  return sum_of_quad(sum);
}

/// Gradients of a tile of keys and values. Scores stand transposed: a warp's rows are keys.
template <bool kDrops>
__global__ void __launch_bounds__(kThreads, 3)
    key_value_kernel(Attention a, Heads d_out, Heads d_k, Heads d_v, const float* delta) {
  extern __shared__ __align__(1024) unsigned char shared[];
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

  TileCopies q_copies = TileCopies::of(head_of(a.q, b, h), a.q.row_stride, 0);
  TileCopies g_copies = TileCopies::of(head_of(d_out, b, h), d_out.row_stride, 0);
  const QueryCopies query_copies = QueryCopies::of(a, delta, bh, blockIdx.x);
  start_tile(k_tile, head_of(a.k, b, h), a.k.row_stride, first, keys);
  start_tile(v_tile, head_of(a.v, b, h), a.v.row_stride, first, keys);
  q_copies.start_next(q_tiles, queries);
  g_copies.start_next(g_tiles, queries);
  query_copies.start<kDrops>(of_query[0], 0, queries);
  commit();
  load_bias(a, h, bias, padded_queries + kTile, first - padded_queries + queries);
  const Attended attended = load_key_mask(a, b, mask_of_key, padded);

  float for_k[8][4] = {}, for_v[8][4] = {};
  const int row = warp * 16 + lane / 4;
  const std::uint32_t own_bit = 1U << (row % 32);  // among the kept keys of its half of the tile
  const float scale = scale_of<kDrops>(a.draw);
  const int end = a.is_self ? attended.end : queries;
  const int tiles = first >= attended.end ? 0 : tiles_of(end);
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    wait_for_tiles();
    if (t + 1 < tiles) {
      const int next = (t + 1) * kTile;
      q_copies.start_next(q_tiles + (stage ^ 1) * kTileBytes, queries - next);
      g_copies.start_next(g_tiles + (stage ^ 1) * kTileBytes, queries - next);
      query_copies.start<kDrops>(of_query[stage ^ 1], next, queries);
    }
    commit();
    const std::uint32_t q_tile = q_tiles + stage * kTileBytes;
    const std::uint32_t g_tile = g_tiles + stage * kTileBytes;
    const OfQuery& query = of_query[stage];
#pragma unroll
    for (int from = 0; from < kTile; from += kColumns) {
      if (t * kTile + from >= end) break;
      float weights[kColumns / 8][4], slopes[kColumns / 8][4];
      start_products(weights, rows_of(k_tile), q_tile, from);
      start_products(slopes, rows_of(v_tile), g_tile, from);
      finish_products(weights, slopes);
#pragma unroll
      for (int j = 0; j < kColumns / 8; ++j) {
        const int columns = from + 8 * j + 2 * (lane % 4);  // two neighbours
        const float2 log_sum = *reinterpret_cast<const float2*>(query.log_sum + columns);
        const float2 deltas = *reinterpret_cast<const float2*>(query.delta + columns);
        uint4 kept{};
        if (kDrops) kept = *reinterpret_cast<const uint4*>(query.kept + columns);
        const std::uint32_t words[2] = {warp < 2 ? kept.x : kept.y, warp < 2 ? kept.z : kept.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const bool is_second = (i & 1) != 0;
          const int at = row + 8 * (i >> 1) - (t * kTile + columns + (i & 1)) + padded_queries - 1;
          const float added = bias[at] - (is_second ? log_sum.y : log_sum.x);
          const float weight = power_of_two(fmaf(weights[j][i], kLog2e, added));
          const float lost = is_second ? -deltas.y : -deltas.x;
          const bool stays = !kDrops || (words[i & 1] & (own_bit << (8 * (i >> 1)))) != 0;
          slopes[j][i] = weight * (stays ? fmaf(slopes[j][i], scale, lost) : lost);
          weights[j][i] = stays ? weight : 0.0F;
        }
      }
      start_adding(for_v, weights, g_tile, from);
      start_adding(for_k, slopes, q_tile, from);
      finish_products(for_v, for_k);
    }
  }
  wait_for_own_copies();
  // Keys that are not attended to have had weights too: nothing but their own rows knows of them.
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const bool is_attended = mask_of_key[first + row + 8 * (i >> 1)] == 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      for_k[j][i] = is_attended ? for_k[j][i] : 0.0F;
      for_v[j][i] = is_attended ? for_v[j][i] * scale : 0.0F;
    }
  }
  store_rows(for_k, head_of(d_k, b, h), d_k.row_stride, first, keys);
  store_rows(for_v, head_of(d_v, b, h), d_v.row_stride, first, keys);
}

/// Gradient of a tile of queries, and the delta of each: sum of out * d_out over a head's width.
template <bool kDrops>
__global__ void __launch_bounds__(kThreads, 4)
    query_kernel(Attention a, Heads d_out, Heads d_q, float* delta) {
  extern __shared__ __align__(1024) unsigned char shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = blockIdx.x * kTile, bh = blockIdx.y;
  const int b = bh / static_cast<int>(a.heads), h = bh % static_cast<int>(a.heads);
  const int queries = static_cast<int>(a.queries), keys = static_cast<int>(a.keys);
  const int padded = tiles_of(keys) * kTile;
  const std::uint32_t q_tile = shared_address(shared), g_tile = q_tile + kTileBytes;
  const std::uint32_t k_tiles = g_tile + kTileBytes, v_tiles = k_tiles + 2 * kTileBytes;
  float* mask_of_key = reinterpret_cast<float*>(shared + 6 * kTileBytes);
  float* bias = mask_of_key + padded;

  TileCopies k_copies = TileCopies::of(head_of(a.k, b, h), a.k.row_stride, 0);
  TileCopies v_copies = TileCopies::of(head_of(a.v, b, h), a.v.row_stride, 0);
  start_tile(q_tile, head_of(a.q, b, h), a.q.row_stride, first, queries);
  start_tile(g_tile, head_of(d_out, b, h), d_out.row_stride, first, queries);
  k_copies.start_next(k_tiles, keys);
  v_copies.start_next(v_tiles, keys);
  commit();
  load_bias(a, h, bias, padded + kTile, queries - first - kTile);
  const Attended attended = load_key_mask(a, b, mask_of_key, padded);

  const int row = warp * 16 + lane / 4;
  float log_sum[2], lost[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int query = first + row + 8 * half;
    const int some = min(query, queries - 1);
    const std::int64_t at = static_cast<std::int64_t>(bh) * queries + some;
    const float sum = delta_of_quad(head_of(a.out, b, h) + some * a.out.row_stride,
                                    head_of(d_out, b, h) + some * d_out.row_stride);
    log_sum[half] = query < queries ? a.log_sum[at] : INFINITY;
    lost[half] = query < queries ? -sum : 0.0F;
    if (query < queries && lane % 4 == 0) delta[at] = sum;
  }
  float for_q[8][4] = {};
  const float scale = scale_of<kDrops>(a.draw);
  const int tiles = a.is_self && first >= attended.end ? 0 : tiles_of(attended.end);
  const std::uint64_t* kept_of_row =
      a.kept + static_cast<std::int64_t>(bh) * tiles_of(keys) * queries + first + row;
  std::uint64_t next_kept[2] = {0, 0};
  if (kDrops && tiles > 0) {
#pragma unroll
    for (int half = 0; half < 2; ++half)
      if (first + row + 8 * half < queries) next_kept[half] = kept_of_row[8 * half];
  }
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    std::uint64_t kept[2] = {0, 0};
    if (kDrops) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        kept[half] = next_kept[half] >> (2 * (lane % 4));
        if (first + row + 8 * half < queries && t + 1 < tiles)
          next_kept[half] = kept_of_row[static_cast<std::int64_t>(t + 1) * queries + 8 * half];
      }
    }
    wait_for_tiles();
    if (t + 1 < tiles) {
      k_copies.start_next(k_tiles + (stage ^ 1) * kTileBytes, keys - (t + 1) * kTile);
      v_copies.start_next(v_tiles + (stage ^ 1) * kTileBytes, keys - (t + 1) * kTile);
    }
    commit();
    const std::uint32_t k_tile = k_tiles + stage * kTileBytes;
#pragma unroll
    for (int from = 0; from < kTile; from += kColumns) {
      if (t * kTile + from >= attended.end) break;
      float weights[kColumns / 8][4], slopes[kColumns / 8][4];
      start_products(weights, rows_of(q_tile), k_tile, from);
      start_products(slopes, rows_of(g_tile), v_tiles + stage * kTileBytes, from);
      finish_products(weights, slopes);
      if ((t + 1) * kTile > attended.whole) mask_scores(weights, mask_of_key, t * kTile + from);
#pragma unroll
      for (int j = 0; j < kColumns / 8; ++j) {
        const int key = t * kTile + from + 8 * j + 2 * (lane % 4);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int half = i >> 1;
          const float added = bias[key + (i & 1) - (row + 8 * half) + kTile - 1] - log_sum[half];
          const float weight = power_of_two(fmaf(weights[j][i], kLog2e, added));
          const bool stays = !kDrops || (kept[half] >> (from + 8 * j + (i & 1)) & 1U) != 0;
          slopes[j][i] = weight * (stays ? fmaf(slopes[j][i], scale, lost[half]) : lost[half]);
        }
      }
      start_adding(for_q, slopes, k_tile, from);
      finish_products(for_q);
    }
  }
  wait_for_own_copies();
  store_rows(for_q, head_of(d_q, b, h), d_q.row_stride, first, queries);
}

}  // namespace

void attention_backward(const Attention& a, const Heads& d_out, const Heads& d_q, const Heads& d_k,
                        const Heads& d_v, float* delta, cudaStream_t stream) {
  const std::size_t for_keys = 6 * kTileBytes + 2 * sizeof(OfQuery) + table_bytes(a, a.queries);
  const std::size_t for_queries = 6 * kTileBytes + table_bytes(a, a.keys);
  if (a.draw.base != nullptr) {
    launch(query_kernel<true>, a.queries, a, for_queries, stream, d_out, d_q, delta);
    launch(key_value_kernel<true>, a.keys, a, for_keys, stream, d_out, d_k, d_v, delta);
  } else {
    launch(query_kernel<false>, a.queries, a, for_queries, stream, d_out, d_q, delta);
    launch(key_value_kernel<false>, a.keys, a, for_keys, stream, d_out, d_k, d_v, delta);
  }
}

}  // namespace attempt::model::cuda
