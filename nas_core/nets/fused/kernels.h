// Vectors of sixteen images, and convolution over them: forward, gradient of the data, gradient of the weights.
//
// An image tensor of one group of sixteen images is V[channel][row][column]; weights are float[c_out][c_in][ky][kx].

#pragma once
#include <cstdlib>
#include <cstring>
#include <vector>

typedef float V __attribute__((vector_size(64), aligned(64)));
static const int L = 16;  // images in a vector

struct Layer {  // nas_core/nets/program.py says what the fields are
    int kind, source, target, first, c_in, c_out, size_in, size_out, kernel, stride, relu, parameter, statistic;
};

struct Vectors {  // a growing array of aligned vectors, zero after `clear`
    V* at = nullptr;
    long room = 0;
    V* clear(long count) {
        if (count > room) {
            free(at);
            at = (V*)aligned_alloc(64, sizeof(V) * count);
            room = count;
        }
        memset(at, 0, sizeof(V) * count);
        return at;
    }
    ~Vectors() { free(at); }
};

static inline V splat(float x) {
    V v = {};
    return v + x;
}

static inline V relu(V x) {
    V zero = {};
    return x > zero ? x : zero;
}

static inline float total(V v) {
    float s = 0;
    for (int i = 0; i < L; i++) s += v[i];
    return s;
}

// Copies one group of `in` (after ReLU if asked) into a frame of zeros `pad` wide.
static void frame(V* out, const V* in, int channels, int size, int pad, bool rectify) {
    int wide = size + 2 * pad;
    if (pad) memset(out, 0, sizeof(V) * channels * wide * wide);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < size; y++) {
            V* o = out + (c * wide + y + pad) * wide + pad;
            const V* i = in + (c * size + y) * size;
            for (int x = 0; x < size; x++) o[x] = rectify ? relu(i[x]) : i[x];
        }
}

// T pixels by B output channels in registers.
template <int K, int T, int B>
static inline void tile(V* out, const V* in, const float* w, const Layer& a, int wide, int co, int y, int x) {
    V acc[B][T];
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) acc[b][t] = V{};
    for (int ci = 0; ci < a.c_in; ci++)
        for (int ky = 0; ky < K; ky++) {
            const V* row = in + (ci * wide + y * a.stride + ky) * wide + x * a.stride;
            for (int kx = 0; kx < K; kx++)
                for (int b = 0; b < B; b++) {
                    V weight = splat(w[(((co + b) * a.c_in + ci) * K + ky) * K + kx]);
                    for (int t = 0; t < T; t++) acc[b][t] += weight * row[t * a.stride + kx];
                }
        }
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) out[((co + b) * a.size_out + y) * a.size_out + x + t] = acc[b][t];
}

// Convolution of one framed group, `wide` pixels on a side.
template <int K>
static void convolve(V* out, const V* in, const float* w, const Layer& a, int wide) {
    int n = a.size_out;
    for (int co = 0; co < a.c_out; co += 4)
        for (int y = 0; y < n; y++) {
            int x = 0;
            if (a.c_out - co >= 4) {
                for (; x + 4 <= n; x += 4) tile<K, 4, 4>(out, in, w, a, wide, co, y, x);
                for (; x + 3 <= n; x += 3) tile<K, 3, 4>(out, in, w, a, wide, co, y, x);
                for (; x < n; x++) tile<K, 1, 4>(out, in, w, a, wide, co, y, x);
            } else
                for (int c = co; c < a.c_out; c++)
                    for (int z = 0; z < n; z++) tile<K, 1, 1>(out, in, w, a, wide, c, y, z);
        }
}

// Gradient with respect to the input for stride 1: a convolution of the framed gradient with the weights turned round.
template <int K>
static void back_data_flat(V* out, const V* framed, const float* w, const Layer& a, int wide) {
    static thread_local std::vector<float> turned;
    turned.resize((long)a.c_in * a.c_out * K * K);
    for (int co = 0; co < a.c_out; co++)
        for (int ci = 0; ci < a.c_in; ci++)
            for (int t = 0; t < K * K; t++)
                turned[((long)ci * a.c_out + co) * K * K + K * K - 1 - t] = w[((long)co * a.c_in + ci) * K * K + t];
    Layer back = a;
    back.c_in = a.c_out;
    back.c_out = a.c_in;
    convolve<K>(out, framed, turned.data(), back, wide);
}

// Gradient with respect to the framed input for any stride, scattered into `out` (zeroed here).
template <int K>
static void back_data(V* out, const V* g, const float* w, const Layer& a, int wide) {
    int n = a.size_out;
    memset(out, 0, sizeof(V) * a.c_in * wide * wide);
    const int B = 8;
    for (int co = 0; co < a.c_out; co += B) {
        int b_end = a.c_out - co < B ? a.c_out - co : B;
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++) {
                V gv[B];
                for (int b = 0; b < B; b++) gv[b] = b < b_end ? g[((co + b) * n + y) * n + x] : V{};
                for (int ci = 0; ci < a.c_in; ci++) {
                    V sum[K * K];
                    for (int t = 0; t < K * K; t++) sum[t] = V{};
                    const float* wc = w + ((long)co * a.c_in + ci) * K * K;
                    auto add = [&](int b) {
                        for (int t = 0; t < K * K; t++) sum[t] += gv[b] * splat(wc[b * a.c_in * K * K + t]);
                    };
                    if (b_end == B)  // a constant bound, so that the loop is unrolled
                        for (int b = 0; b < B; b++) add(b);
                    else
                        for (int b = 0; b < b_end; b++) add(b);
                    V* o = out + (ci * wide + y * a.stride) * wide + x * a.stride;
                    for (int ky = 0; ky < K; ky++)
                        for (int kx = 0; kx < K; kx++) o[ky * wide + kx] += sum[ky * K + kx];
                }
            }
    }
}

// Gradient of the weights over one group, acc[co][ci][tap]; kept as vectors until the last group.
template <int K>
static void back_weights(V* acc, const V* in, const V* g, const Layer& a, int wide) {
    int n = a.size_out;
    for (int co = 0; co < a.c_out; co += 4) {
        int blocks = a.c_out - co < 4 ? a.c_out - co : 4;
        for (int ci = 0; ci < a.c_in; ci++)
            for (int ky = 0; ky < K; ky++) {
                V s[4][K];
                for (int b = 0; b < 4; b++)
                    for (int kx = 0; kx < K; kx++) s[b][kx] = V{};
                for (int y = 0; y < n; y++) {
                    const V* row = in + (ci * wide + y * a.stride + ky) * wide;
                    const V* grow = g + (co * n + y) * n;
                    auto add = [&](int b, int x) {
                        for (int kx = 0; kx < K; kx++) s[b][kx] += grow[b * n * n + x] * row[x * a.stride + kx];
                    };
                    if (blocks == 4)  // a constant bound, so that the loop is unrolled
                        for (int x = 0; x < n; x++)
                            for (int b = 0; b < 4; b++) add(b, x);
                    else
                        for (int x = 0; x < n; x++)
                            for (int b = 0; b < blocks; b++) add(b, x);
                }
                for (int b = 0; b < blocks; b++)
                    for (int kx = 0; kx < K; kx++) acc[(((co + b) * a.c_in + ci) * K + ky) * K + kx] += s[b][kx];
            }
    }
}
