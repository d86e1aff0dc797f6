#include <cmath>

#include "model/cuda/attention_block.cuh"
#include "model/cuda/attention_products.cuh"
#include "model/cuda/attention_products_hopper.cuh"
#include "model/cuda/attention_tiles.cuh"
#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

namespace attempt::model::cuda {

namespace {

template <bool kDrops>
__global__ void __launch_bounds__(kThreads, kForwardBlocks) forward_kernel(Attention a) {
  extern __shared__ __align__(1024) unsigned char shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = blockIdx.x * kTile, bh = blockIdx.y;
  const int b = bh / static_cast<int>(a.heads), h = bh % static_cast<int>(a.heads);
  const int queries = static_cast<int>(a.queries), keys = static_cast<int>(a.keys);
  const int padded = tiles_of(keys) * kTile;
  const std::uint32_t q_tile = shared_address(shared);
  const std::uint32_t k_tiles = q_tile + kTileBytes, v_tiles = k_tiles + 2 * kTileBytes;
  float* mask_of_key = reinterpret_cast<float*>(shared + 5 * kTileBytes);
  float* bias = mask_of_key + padded;

  TileCopies k_copies = TileCopies::of(head_of(a.k, b, h), a.k.row_stride, 0);
  TileCopies v_copies = TileCopies::of(head_of(a.v, b, h), a.v.row_stride, 0);
  start_tile(q_tile, head_of(a.q, b, h), a.q.row_stride, first, queries);
  k_copies.start_next(k_tiles, keys);
  v_copies.start_next(v_tiles, keys);
  commit();
  load_bias(a, h, bias, padded + kTile, queries - first - kTile);
  const Attended attended = load_key_mask(a, b, mask_of_key, padded);

  float out[8][4] = {};
  float greatest[2] = {-INFINITY, -INFINITY};
  float sums[2] = {0, 0};
  const int tiles = a.is_self && first >= attended.end ? 0 : tiles_of(attended.end);
  const int row = warp * 16 + lane / 4;  // in the tile; the thread's other row is 8 below
  LineMask line{};
  if (kDrops && a.draw.rows.table != nullptr) {
    line = LineMask::of(a.draw, b, h, first + row);
  } else if (kDrops) {
    line = {
        Mask::of(a.draw),
        (static_cast<std::uint32_t>(bh) * queries + first + row) * static_cast<std::uint32_t>(keys),
        static_cast<std::uint32_t>(keys)};
  }
  Rows q_rows;
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    wait_for_tiles();
    if (t == 0) q_rows = rows_of(q_tile);
    if (t + 1 < tiles) {
      k_copies.start_next(k_tiles + (stage ^ 1) * kTileBytes, keys - (t + 1) * kTile);
      v_copies.start_next(v_tiles + (stage ^ 1) * kTileBytes, keys - (t + 1) * kTile);
    }
    commit();
    float scores[8][4];
    start_products(scores, q_rows, k_tiles + stage * kTileBytes, 0);
    finish_products(scores);
    if ((t + 1) * kTile > attended.whole) mask_scores(scores, mask_of_key, t * kTile);
    float highest[2] = {greatest[0], greatest[1]};
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const int key = t * kTile + 8 * j + 2 * (lane % 4);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float of_distance = bias[key + (i & 1) - (row + 8 * (i >> 1)) + kTile - 1];
        scores[j][i] = fmaf(scores[j][i], kLog2e, of_distance);
        highest[i >> 1] = fmaxf(highest[i >> 1], scores[j][i]);
      }
    }
    float base[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float next = max_of_quad(highest[half]);
      base[half] = next == -INFINITY ? 0.0F : next;
      const float factor = power_of_two(greatest[half] - base[half]);
      greatest[half] = next;
      sums[half] *= factor;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        out[j][2 * half] *= factor;
        out[j][2 * half + 1] *= factor;
      }
    }
    std::uint32_t bits[2][2] = {};  // [row][half of the tile's keys]
    const std::uint32_t start = line.start + t * kTile + 2 * (lane % 4);
    // Two neighbouring keys share a hash where a row starts at an even place, as the row 8 below
    // then does too.
    const bool is_odd = (start & 1U) != 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float* pair = &scores[j][2 * half];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          pair[i] = power_of_two(pair[i] - base[half]);
          sums[half] += pair[i];
        }
        if (!kDrops) continue;
        const std::uint32_t place = start + half * 8U * line.columns + 8 * j;
        bool stays[2], other;
        if (is_odd) {
          line.mask.keeps_pair(place >> 1, other, stays[0]);
          line.mask.keeps_pair((place + 1) >> 1, stays[1], other);
        } else {
          line.mask.keeps_pair(place >> 1, stays[0], stays[1]);
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          pair[i] = stays[i] ? pair[i] : 0.0F;
          if (stays[i]) bits[half][j / 4] |= 1U << (8 * (j % 4) + i);
        }
      }
    }
    if (kDrops) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const std::uint64_t low = any_of_quad(bits[half][0] << (2 * (lane % 4)));
        const std::uint64_t high = any_of_quad(bits[half][1] << (2 * (lane % 4)));
        const int query = first + row + 8 * half;
        if (lane % 4 == 0 && query < queries) {
          a.kept[(static_cast<std::int64_t>(bh) * tiles_of(keys) + t) * queries + query] =
              low | high << 32;
        }
      }
    }
    start_adding(out, scores, v_tiles + stage * kTileBytes, 0);
    finish_products(out);
  }
  wait_for_own_copies();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = sum_of_quad(sums[half]);
    const float factor = sum > 0 ? (kDrops ? a.draw.scale : 1.0F) / sum : 0.0F;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      out[j][2 * half] *= factor;
      out[j][2 * half + 1] *= factor;
    }
    const int query = first + row + 8 * half;
    if (lane % 4 == 0 && query < queries) {
      a.log_sum[static_cast<std::int64_t>(bh) * queries + query] =
          sum > 0 ? greatest[half] + log2f(sum) : INFINITY;
    }
  }
  store_rows(out, head_of(a.out, b, h), a.out.row_stride, first, queries);
}

}  // namespace

void attention_forward(const Attention& a, cudaStream_t stream) {
  const std::size_t shared = 5 * kTileBytes + table_bytes(a, a.keys);
  if (a.draw.base != nullptr) {
    launch(forward_kernel<true>, a.queries, a, shared, stream);
  } else {
    launch(forward_kernel<false>, a.queries, a, shared, stream);
  }
}

}  // namespace attempt::model::cuda
