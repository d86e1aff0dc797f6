#include <cuda_bf16.h>

#include <cmath>

#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

// Every kernel has the same shape: a block of four warps owns a tile of 64 rows (queries, or keys
// in the gradient of keys and values), a warp 16 of them, and walks over the tiles of the other
// side. Scores stay in registers and are computed again in the backward pass; the tile of 16 x n
// results of one product is the left operand of the next. Source: Dao 2023 (arXiv:2307.08691).

namespace attempt::model::cuda {

namespace {

using bf16 = __nv_bfloat16;
constexpr int kTile = static_cast<int>(kAttentionTile);
constexpr int kWidth = 64;  // of a head
constexpr int kThreads = 128;
constexpr int kTileBytes = kTile * kWidth * 2;
constexpr float kLog2e = 1.4426950408889634F;

/// Address in shared memory of 8 elements of a tile; rows are rotated against bank conflicts.
__device__ std::uint32_t chunk_address(std::uint32_t tile, int row, int chunk) {
  return tile + static_cast<std::uint32_t>(row * kWidth * 2 + ((chunk ^ (row & 7)) << 4));
}

__device__ std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

/// Starts copying rows first .. first + 63 of a head; rows from `rows` on become zeros.
__device__ void start_tile(std::uint32_t tile, const bf16* head, std::int64_t row_stride, int first,
                           int rows) {
  for (int i = threadIdx.x; i < kTile * 8; i += kThreads) {
    const int row = i / 8, chunk = i % 8;
    const bool is_there = first + row < rows;
    const bf16* from = head + (is_there ? (first + row) * row_stride : 0) + chunk * 8;
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(chunk_address(tile, row, chunk)),
        "l"(from), "r"(is_there ? 16 : 0));
  }
}
__device__ void commit() { asm volatile("cp.async.commit_group;\n"); }
template <int kPending>
__device__ void wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(kPending));
}

__device__ void load_matrices(std::uint32_t (&r)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address));
}
__device__ void load_transposed(std::uint32_t (&r)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address));
}
__device__ void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                         std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The 16 rows of this warp as left operands, one a step of 16 columns.
__device__ void load_rows(std::uint32_t (&rows)[4][4], std::uint32_t tile) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row = warp * 16 + ((lane >> 3) & 1) * 8 + (lane & 7);
#pragma unroll
  for (int step = 0; step < 4; ++step)
    load_matrices(rows[step], chunk_address(tile, row, 2 * step + (lane >> 4)));
}

/// result[16, 8 n] = rows . tile[first .. first + 8 n - 1]^T. In a thread, result[j][0..1] are of
/// row lane / 4, columns 8 j + 2 (lane % 4) + {0, 1}; result[j][2..3] of the row 8 below.
template <int n>
__device__ void products(float (&result)[n][4], const std::uint32_t (&rows)[4][4],
                         std::uint32_t tile, int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int j = 0; j < n; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) result[j][i] = 0;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t b[4];
      load_matrices(b, chunk_address(tile, first + 8 * j + (lane & 7), 4 * half + (lane >> 3)));
      multiply(result[j], rows[2 * half], b[0], b[1]);
      multiply(result[j], rows[2 * half + 1], b[2], b[3]);
    }
  }
}

__device__ std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}

/// sum[16, 64] += left[16, 8 n] . tile[first .. first + 8 n - 1]
template <int n>
__device__ void add_products(float (&sum)[8][4], const float (&left)[n][4], std::uint32_t tile,
                             int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int step = 0; step < n / 2; ++step) {
    const std::uint32_t a[4] = {packed(left[2 * step][0], left[2 * step][1]),
                                packed(left[2 * step][2], left[2 * step][3]),
                                packed(left[2 * step + 1][0], left[2 * step + 1][1]),
                                packed(left[2 * step + 1][2], left[2 * step + 1][3])};
    const int row = first + 16 * step + ((lane >> 3) & 1) * 8 + (lane & 7);
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      std::uint32_t b[4];
      load_transposed(b, chunk_address(tile, row, 2 * pair + (lane >> 4)));
      multiply(sum[2 * pair], a, b[0], b[1]);
      multiply(sum[2 * pair + 1], a, b[2], b[3]);
    }
  }
}

/// Writes this warp's rows first + 16 warp ... of a head as bfloat16.
__device__ void store_rows(const float (&values)[8][4], bf16* head, std::int64_t row_stride,
                           int first, int rows) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = first + warp * 16 + lane / 4 + 8 * half;
    if (row >= rows) continue;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      *reinterpret_cast<std::uint32_t*>(head + row * row_stride + 8 * j + 2 * (lane % 4)) =
          packed(values[j][2 * half], values[j][2 * half + 1]);
    }
  }
}

__device__ bf16* head_of(const Heads& heads, int b, int h) {
  return static_cast<bf16*>(heads.data) + b * heads.batch_stride + h * kWidth;
}

/// Additive mask of all keys in shared memory: 0, or -inf where a key is not attended to or does
/// not exist. @return the keys up to the last that is attended to
__device__ int load_key_mask(const Attention& a, int b, float* added, int padded_keys) {
  __shared__ int end;
  if (threadIdx.x == 0) end = 0;
  __syncthreads();
  int own = 0;
  for (int k = threadIdx.x; k < padded_keys; k += kThreads) {
    const bool is_key = k < a.keys && (a.key_mask == nullptr || a.key_mask[b * a.keys + k]);
    added[k] = is_key ? 0.0F : -INFINITY;
    if (is_key) own = k + 1;
  }
  if (own > 0) atomicMax(&end, own);
  __syncthreads();
  return end;
}

/// Bias of distances from `first` (as an index of Attention::bias) on.
__device__ void load_bias(const Attention& a, int h, float* table, int count, int first) {
  const int distances = static_cast<int>(a.queries + a.keys) - 1;
  for (int i = threadIdx.x; i < count; i += kThreads) {
    const int at = first + i;
    const bool is_there = a.bias != nullptr && at >= 0 && at < distances;
    table[i] = is_there ? a.bias[static_cast<std::int64_t>(h) * distances + at] : 0.0F;
  }
}

__host__ __device__ int tiles_of(std::int64_t length) {
  return static_cast<int>((length + kTile - 1) / kTile);
}

__device__ float max_of_quad(float value) {
  value = fmaxf(value, __shfl_xor_sync(0xFFFFFFFFU, value, 1));
  return fmaxf(value, __shfl_xor_sync(0xFFFFFFFFU, value, 2));
}
__device__ float sum_of_quad(float value) {
  value += __shfl_xor_sync(0xFFFFFFFFU, value, 1);
  return value + __shfl_xor_sync(0xFFFFFFFFU, value, 2);
}
__device__ std::uint32_t any_of_quad(std::uint32_t bits) {
  bits |= __shfl_xor_sync(0xFFFFFFFFU, bits, 1);
  return bits | __shfl_xor_sync(0xFFFFFFFFU, bits, 2);
}

template <bool kDrops>
__global__ void __launch_bounds__(kThreads, 4) forward_kernel(Attention a) {
  extern __shared__ __align__(128) unsigned char shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int first = blockIdx.x * kTile, bh = blockIdx.y;
  const int b = bh / static_cast<int>(a.heads), h = bh % static_cast<int>(a.heads);
  const int queries = static_cast<int>(a.queries), keys = static_cast<int>(a.keys);
  const int padded = tiles_of(keys) * kTile;
  const std::uint32_t q_tile = shared_address(shared);
  const std::uint32_t k_tiles = q_tile + kTileBytes, v_tiles = k_tiles + 2 * kTileBytes;
  float* mask_of_key = reinterpret_cast<float*>(shared + 5 * kTileBytes);
  float* bias = mask_of_key + padded;

  const bf16* k_head = head_of(a.k, b, h);
  const bf16* v_head = head_of(a.v, b, h);
  start_tile(q_tile, head_of(a.q, b, h), a.q.row_stride, first, queries);
  start_tile(k_tiles, k_head, a.k.row_stride, 0, keys);
  start_tile(v_tiles, v_head, a.v.row_stride, 0, keys);
  commit();
  load_bias(a, h, bias, padded + kTile, queries - first - kTile);
  const int end = load_key_mask(a, b, mask_of_key, padded);

  float out[8][4] = {};
  float greatest[2] = {-INFINITY, -INFINITY};
  float sums[2] = {0, 0};
  const int tiles = a.is_self && first >= end ? 0 : tiles_of(end);
  const Mask mask = kDrops ? Mask::of(a.draw) : Mask{};
  const int row = warp * 16 + lane / 4;  // in the tile; the thread's other row is 8 below
  std::uint32_t q_rows[4][4];
  for (int t = 0; t < tiles; ++t) {
    const int stage = t & 1;
    wait<0>();
    __syncthreads();
    if (t == 0) load_rows(q_rows, q_tile);
    if (t + 1 < tiles) {
      start_tile(k_tiles + (stage ^ 1) * kTileBytes, k_head, a.k.row_stride, (t + 1) * kTile, keys);
      start_tile(v_tiles + (stage ^ 1) * kTileBytes, v_head, a.v.row_stride, (t + 1) * kTile, keys);
    }
    commit();
    float scores[8][4];
    products(scores, q_rows, k_tiles + stage * kTileBytes, 0);
    float highest[2] = {greatest[0], greatest[1]};
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const int key = t * kTile + 8 * j + 2 * (lane % 4);
      const float2 added = *reinterpret_cast<const float2*>(mask_of_key + key);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float of_distance = bias[key + (i & 1) - (row + 8 * (i >> 1)) + kTile - 1];
        scores[j][i] = fmaf(scores[j][i], kLog2e, of_distance + ((i & 1) != 0 ? added.y : added.x));
        highest[i >> 1] = fmaxf(highest[i >> 1], scores[j][i]);
      }
    }
    float base[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float next = max_of_quad(highest[half]);
      base[half] = next == -INFINITY ? 0.0F : next;
      const float factor = exp2f(greatest[half] - base[half]);
      greatest[half] = next;
      sums[half] *= factor;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        out[j][2 * half] *= factor;
        out[j][2 * half + 1] *= factor;
      }
    }
    std::uint32_t bits[2][2] = {};  // [row][half of the tile's keys]
    const std::uint32_t start = (static_cast<std::uint32_t>(bh) * queries + first + row) *
                                    static_cast<std::uint32_t>(keys) +
                                t * kTile + 2 * (lane % 4);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        float weight = exp2f(scores[j][i] - base[i >> 1]);
        sums[i >> 1] += weight;
        if (kDrops) {
          const std::uint32_t position = start + (i >> 1) * 8U * keys + 8 * j + (i & 1);
          const bool stays = mask.keeps(position);
          weight = stays ? weight : 0.0F;
          bits[i >> 1][j / 4] |= (stays ? 1U : 0U) << (8 * (j % 4) + (i & 1));
        }
        scores[j][i] = weight;
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
    add_products(out, scores, v_tiles + stage * kTileBytes, 0);
  }
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
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int column = 32 * part + 8 * j + 2 * (lane % 4) + (i & 1);
          const int at = row + 8 * (i >> 1) - (t * kTile + column) + padded_queries - 1;
          const float score = fmaf(weights[j][i], kLog2e, bias[at] + masks[i >> 1]);
          const float weight = exp2f(score - query.log_sum[column]);
          const bool stays = !kDrops || (query.kept[column] >> (row + 8 * (i >> 1)) & 1) != 0;
          const float scale = kDrops ? a.draw.scale : 1.0F;
          slopes[j][i] = weight * ((stays ? slopes[j][i] * scale : 0.0F) - query.delta[column]);
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
#pragma unroll
      for (int j = 0; j < 4; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int half = i >> 1;
          const int column = 32 * part + 8 * j + 2 * (lane % 4) + (i & 1);
          const int key = t * kTile + column;
          const float added = bias[key - (row + 8 * half) + kTile - 1] + mask_of_key[key];
          const float weight = exp2f(fmaf(weights[j][i], kLog2e, added) - log_sum[half]);
          const bool stays = !kDrops || (kept[half] >> column & 1) != 0;
          const float scale = kDrops ? a.draw.scale : 1.0F;
          slopes[j][i] = weight * ((stays ? slopes[j][i] * scale : 0.0F) - deltas[half]);
        }
      }
      add_products(for_q, slopes, k_tile, 32 * part);
    }
  }
  wait<0>();
  store_rows(for_q, head_of(d_q, b, h), d_q.row_stride, first, queries);
}

template <typename Kernel, typename... Arguments>
void launch(Kernel kernel, std::int64_t rows, const Attention& a, std::size_t shared,
            cudaStream_t stream, Arguments... arguments) {
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(shared));
  const dim3 grid(static_cast<unsigned>(tiles_of(rows)), static_cast<unsigned>(a.batch * a.heads));
  kernel<<<grid, kThreads, shared, stream>>>(a, arguments...);
}

/// Shared memory of the mask of all keys and the biases of `columns` columns.
std::size_t table_bytes(const Attention& a, std::int64_t columns) {
  return sizeof(float) *
         static_cast<std::size_t>((tiles_of(a.keys) + tiles_of(columns) + 1) * kTile);
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
