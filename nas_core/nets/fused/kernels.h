// Vectors of images, and convolution over them: forward, gradient of the data, gradient of the weights.
//
// An image tensor of one group of L images is V[channel][row][column]; weights are float[c_out][c_in][ky][kx]. Kernels
// have KY rows and KX columns: one row for a text, which is an image of height 1.

#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#ifdef __AVX512F__
static const int L = 16;  // images in a vector: what one register holds
static const int TILE = 4;
#else
static const int L = 8;
static const int TILE = 3;
#endif
typedef float V __attribute__((vector_size(4 * L), aligned(4 * L)));

struct Layer {  // nas_core/nets/program.py says what the fields are
    int kind, source, target, first, c_in, c_out, rows_in, size_in, rows_out, size_out, kernel, tall, stride, relu,
        parameter, statistic;
};

struct Vectors {  // a growing array of aligned vectors, zero after `clear`
    V* at = nullptr;
    int64_t room = 0;
    V* clear(int64_t count) {
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
    for (int half = L / 2; half; half /= 2)
        for (int i = 0; i < half; i++) v[i] += v[i + half];
    return v[0];
}

// A group's images within a frame of zeros, as wide as the kernel needs.
struct Frame {
    int rows, size, up, left;
    Frame(int rows_in, int size_in, int tall, int kernel)
        : rows(rows_in + 2 * (tall / 2)), size(size_in + 2 * (kernel / 2)), up(tall / 2), left(kernel / 2) {}
    int64_t area() const { return (int64_t)rows * size; }
};

// Copies one group of `in` (after ReLU if asked) into the frame.
static void frame(V* out, const V* in, const Frame& f, int channels, bool rectify) {
    int rows = f.rows - 2 * f.up, size = f.size - 2 * f.left;
    for (int c = 0; c < channels; c++)
        for (int y = -f.up; y < rows + f.up; y++, out += f.size) {
            if (y < 0 || y >= rows) {
                memset(out, 0, sizeof(V) * f.size);
                continue;
            }
            for (int x = 0; x < f.left; x++) out[x] = out[f.size - 1 - x] = V{};
            const V* i = in + (c * rows + y) * size;
            for (int x = 0; x < size; x++) out[f.left + x] = rectify ? relu(i[x]) : i[x];
        }
}

// T pixels by B output channels in registers.
template <int KY, int KX, int T, int B>
static inline void tile(V* out, const V* in, const float* w, const Layer& a, const Frame& f, int co, int y, int x) {
    V acc[B][T];
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) acc[b][t] = V{};
    for (int ci = 0; ci < a.c_in; ci++)
        for (int ky = 0; ky < KY; ky++) {
            const V* row = in + (ci * f.rows + y * a.stride + ky) * f.size + x * a.stride;
            for (int kx = 0; kx < KX; kx++)
                for (int b = 0; b < B; b++) {
                    V weight = splat(w[(((co + b) * a.c_in + ci) * KY + ky) * KX + kx]);
                    for (int t = 0; t < T; t++) acc[b][t] += weight * row[t * a.stride + kx];
                }
        }
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) out[((co + b) * a.rows_out + y) * a.size_out + x + t] = acc[b][t];
}

// Convolution of one framed group.
template <int KY, int KX>
static void convolve(V* out, const V* in, const float* w, const Layer& a, const Frame& f) {
    int n = a.size_out;
    for (int co = 0; co < a.c_out; co += 4)
        for (int y = 0; y < a.rows_out; y++) {
            int x = 0;
            if (a.c_out - co >= 4) {
                for (; x + TILE <= n; x += TILE) tile<KY, KX, TILE, 4>(out, in, w, a, f, co, y, x);
                for (; x + 2 <= n; x += 2) tile<KY, KX, 2, 4>(out, in, w, a, f, co, y, x);
                for (; x < n; x++) tile<KY, KX, 1, 4>(out, in, w, a, f, co, y, x);
            } else
                for (int c = co; c < a.c_out; c++)
                    for (int z = 0; z < n; z++) tile<KY, KX, 1, 1>(out, in, w, a, f, c, y, z);
        }
}

// Gradient with respect to the input for stride 1: a convolution of the framed gradient with the weights turned round.
template <int KY, int KX>
static void back_data_dense(V* out, const V* framed, const float* w, const Layer& a, const Frame& f) {
    static thread_local std::vector<float> turned;
    const int taps = KY * KX;
    turned.resize((int64_t)a.c_in * a.c_out * taps);
    for (int co = 0; co < a.c_out; co++)
        for (int ci = 0; ci < a.c_in; ci++)
            for (int t = 0; t < taps; t++)
                turned[((int64_t)ci * a.c_out + co) * taps + taps - 1 - t] = w[((int64_t)co * a.c_in + ci) * taps + t];
    Layer back = a;
    back.c_in = a.c_out;
    back.c_out = a.c_in;
    convolve<KY, KX>(out, framed, turned.data(), back, f);
}

// Gradient with respect to the framed input for any stride, scattered into `out` (zeroed here).
template <int KY, int KX>
static void back_data(V* out, const V* g, const float* w, const Layer& a, const Frame& f) {
    int n = a.size_out;
    memset(out, 0, sizeof(V) * a.c_in * f.area());
    const int B = 8, taps = KY * KX;
    for (int co = 0; co < a.c_out; co += B) {
        int b_end = a.c_out - co < B ? a.c_out - co : B;
        for (int y = 0; y < a.rows_out; y++)
            for (int x = 0; x < n; x++) {
                V gv[B];
                for (int b = 0; b < B; b++) gv[b] = b < b_end ? g[((co + b) * a.rows_out + y) * n + x] : V{};
                for (int ci = 0; ci < a.c_in; ci++) {
                    V sum[taps];
                    for (int t = 0; t < taps; t++) sum[t] = V{};
                    const float* wc = w + ((int64_t)co * a.c_in + ci) * taps;
                    auto add = [&](int b) {
                        for (int t = 0; t < taps; t++) sum[t] += gv[b] * splat(wc[b * a.c_in * taps + t]);
                    };
                    if (b_end == B)  // a constant bound, so that the loop is unrolled
                        for (int b = 0; b < B; b++) add(b);
                    else
                        for (int b = 0; b < b_end; b++) add(b);
                    V* o = out + (ci * f.rows + y * a.stride) * f.size + x * a.stride;
                    for (int ky = 0; ky < KY; ky++)
                        for (int kx = 0; kx < KX; kx++) o[ky * f.size + kx] += sum[ky * KX + kx];
                }
            }
    }
}

// Gradients of the weights of B output and C input channels in one row of the kernel, over all framed groups.
template <int KY, int KX, int B, int C>
static inline void weights_tile(float* out, const V* in, const V* g, const Layer& a, const Frame& f, int groups, int co,
                                int ci, int ky) {
    int n = a.size_out, area = a.rows_out * n;
    V s[B][C][KX];
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++)
            for (int kx = 0; kx < KX; kx++) s[b][c][kx] = V{};
    for (int group = 0; group < groups; group++)
        for (int y = 0; y < a.rows_out; y++) {
            const V* row = in + ((group * a.c_in + ci) * f.rows + y * a.stride + ky) * f.size;
            const V* grow = g + ((group * a.c_out + co) * a.rows_out + y) * n;
            for (int x = 0; x < n; x++)
                for (int b = 0; b < B; b++)
                    for (int c = 0; c < C; c++)
                        for (int kx = 0; kx < KX; kx++)
                            s[b][c][kx] += grow[b * area + x] * row[c * f.area() + x * a.stride + kx];
        }
    for (int b = 0; b < B; b++)
        for (int c = 0; c < C; c++)
            for (int kx = 0; kx < KX; kx++)
                out[(((co + b) * a.c_in + ci + c) * KY + ky) * KX + kx] += total(s[b][c][kx]);
}

// Gradient of the weights over all framed groups, added to `out`.
template <int KY, int KX>
static void back_weights(float* out, const V* in, const V* g, const Layer& a, const Frame& f, int groups) {
    const int B = 4, C = KX == 1 ? 3 : 1;  // as many sums as fit into the registers
    for (int ky = 0; ky < KY; ky++)
        for (int co = 0; co < a.c_out;) {
            bool wide = a.c_out - co >= B;
            for (int ci = 0; ci < a.c_in;) {
                bool deep = a.c_in - ci >= C;
                if (wide && deep)
                    weights_tile<KY, KX, B, C>(out, in, g, a, f, groups, co, ci, ky);
                else if (wide)
                    weights_tile<KY, KX, B, 1>(out, in, g, a, f, groups, co, ci, ky);
                else
                    weights_tile<KY, KX, 1, 1>(out, in, g, a, f, groups, co, ci, ky);
                ci += wide && deep ? C : 1;
            }
            co += wide ? B : 1;
        }
}
