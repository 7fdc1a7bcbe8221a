// What a layer does to the network's buffers: convolution, batch normalisation, pooling, skip; forward and backward.

#pragma once
#include <algorithm>
#include <cmath>

#include "kernels.h"

enum Kind { CONV, NORM, SKIP, POOL, HALVE };  // as in nas_core/nets/program.py

struct Head {
    int source, channels, area, classes, parameter, statistic;
};

struct Net {  // as in library.py
    int groups;
    const Layer* layers;
    int n_layers;
    Head head;
    const int64_t* offset; // of every buffer, in vectors, for `groups` groups
    V *value, *grad;       // all buffers
    V *padded, *scratch;   // padded images of all groups; room for the padded gradient of one
    float *mean, *inv;     // batch statistics of every normalisation, by statistic offset
    float *parameters, *gradients, *momenta;
    int64_t n_parameters;
    float* running;        // running means, then running variances, by statistic offset
    int64_t n_statistics;
    int tokens;            // different tokens of a text, whose vectors are the first parameters; 0 for images
};

static int64_t pixels_in(const Layer& a) { return (int64_t)a.rows_in * a.size_in; }
static int64_t pixels(const Layer& a) { return (int64_t)a.rows_out * a.size_out; }

template <int KY, int KX>
static void conv_forward(Net& n, const Layer& a) {
    Frame f(a.rows_in, a.size_in, KY, KX);
    for (int g = 0; g < n.groups; g++) {
        const V* in = n.value + n.offset[a.source] + g * a.c_in * pixels_in(a);
        V* out = n.value + n.offset[a.target] + g * a.c_out * pixels(a);
        frame(n.padded, in, f, a.c_in, a.relu);
        convolve<KY, KX>(out, n.padded, n.parameters + a.parameter, a, f);
    }
}

// Adds one group's gradient of the data to the source's; `n.padded` may be overwritten.
template <int KY, int KX>
static void conv_back_data(Net& n, const Layer& a, const V* in, const V* gout, V* gin) {
    const float* w = n.parameters + a.parameter;
    Frame f(a.rows_in, a.size_in, KY, KX);
    bool dense = a.stride == 1;
    if (dense) {
        frame(n.padded, gout, f, a.c_out, false);
        back_data_dense<KY, KX>(n.scratch, n.padded, w, a, f);
    } else
        back_data<KY, KX>(n.scratch, gout, w, a, f);
    int rows = dense ? a.rows_in : f.rows, row = dense ? a.size_in : f.size;
    int up = dense ? 0 : f.up, left = dense ? 0 : f.left;
    V zero = {};
    for (int c = 0; c < a.c_in; c++)
        for (int y = 0; y < a.rows_in; y++)
            for (int x = 0; x < a.size_in; x++) {
                int64_t i = (c * (int64_t)a.rows_in + y) * a.size_in + x;
                V d = n.scratch[(c * rows + y + up) * row + x + left];
                gin[i] += a.relu ? (in[i] > zero ? d : zero) : d;
            }
}

template <int KY, int KX>
static void conv_backward(Net& n, const Layer& a) {
    Frame f(a.rows_in, a.size_in, KY, KX);
    int64_t in_size = a.c_in * pixels_in(a), out_size = a.c_out * pixels(a);
    const V *in = n.value + n.offset[a.source], *gout = n.grad + n.offset[a.target];
    for (int g = 0; g < n.groups; g++) frame(n.padded + g * a.c_in * f.area(), in + g * in_size, f, a.c_in, a.relu);
    back_weights<KY, KX>(n.gradients + a.parameter, n.padded, gout, a, f, n.groups);
    if (!a.source && !n.tokens) return;  // images need no gradient
    V* gin = n.grad + n.offset[a.source];
    for (int g = 0; g < n.groups; g++) conv_back_data<KY, KX>(n, a, in + g * in_size, gout + g * out_size, gin + g * in_size);
}

// Calls `work` with the size of the layer's kernel as constants.
#define WITH_KERNEL(a, work, ...) \
    (a.kernel == 1 ? work<1, 1>(__VA_ARGS__) : a.tall == 1 ? work<1, 3>(__VA_ARGS__) : work<3, 3>(__VA_ARGS__))

// Batch statistics of `channels` channels into mean and inv, and into the running statistics, as torch does.
static void statistics(Net& n, const V* x, int channels, int64_t area, int at, bool training) {
    double count = (double)n.groups * area * L;
    for (int c = 0; c < channels; c++) {
        float *m = n.running + at + c, *v = n.running + n.n_statistics + at + c;
        if (!training) {
            n.mean[at + c] = *m;
            n.inv[at + c] = 1.0f / std::sqrt(*v + 1e-5f);
            continue;
        }
        V s = {}, q = {};
        for (int g = 0; g < n.groups; g++)
            for (int64_t i = 0; i < area; i++) s += x[(g * (int64_t)channels + c) * area + i];
        float mean = total(s) / count;
        for (int g = 0; g < n.groups; g++)
            for (int64_t i = 0; i < area; i++) {
                V d = x[(g * (int64_t)channels + c) * area + i] - mean;
                q += d * d;
            }
        float var = total(q) / count;
        n.mean[at + c] = mean;
        n.inv[at + c] = 1.0f / std::sqrt(var + 1e-5f);
        *m += 0.1f * (mean - *m);
        *v += 0.1f * (var * (float)(count / (count - 1)) - *v);
    }
}

static void norm_forward(Net& n, const Layer& a, bool training) {
    const V* x = n.value + n.offset[a.source];
    V* y = n.value + n.offset[a.target];
    int64_t area = pixels(a);
    int at = a.statistic;
    statistics(n, x, a.c_in, area, at, training);
    for (int g = 0; g < n.groups; g++)
        for (int c = 0; c < a.c_in; c++) {
            float scale = n.parameters[a.parameter + c] * n.inv[at + c];
            float shift = n.parameters[a.parameter + a.c_in + c] - n.mean[at + c] * scale;
            int64_t o = (g * (int64_t)a.c_in + c) * area;
            if (a.first)
                for (int64_t i = 0; i < area; i++) y[o + i] = x[o + i] * scale + shift;
            else
                for (int64_t i = 0; i < area; i++) y[o + i] += x[o + i] * scale + shift;
        }
}

// Backward through y = gamma·(x - mean)·inv + beta; gx is overwritten (a NORM's source has no other reader).
static void norm_backward(Net& n, const V* x, const V* gy, V* gx, int channels, int64_t area, int at, int64_t parameter) {
    double count = (double)n.groups * area * L;
    for (int c = 0; c < channels; c++) {
        float mean = n.mean[at + c], inv = n.inv[at + c], gamma = n.parameters[parameter + c];
        V s = {}, q = {};
        for (int g = 0; g < n.groups; g++)
            for (int64_t i = 0, o = (g * (int64_t)channels + c) * area; i < area; i++) {
                s += gy[o + i];
                q += gy[o + i] * (x[o + i] - mean);
            }
        float gbeta = total(s), ggamma = total(q) * inv;
        n.gradients[parameter + c] += ggamma;
        n.gradients[parameter + channels + c] += gbeta;
        float a = gamma * inv, b = gbeta / count, d = ggamma * inv / count;
        for (int g = 0; g < n.groups; g++)
            for (int64_t i = 0, o = (g * (int64_t)channels + c) * area; i < area; i++)
                gx[o + i] = a * (gy[o + i] - b - (x[o + i] - mean) * d);
    }
}

// 3×3 average pooling (stride 1, borders divided by what they hold) or 2×2 with stride 2; forward and backward.
static void pool(Net& n, const Layer& a, bool backward) {
    bool halve = a.kind == HALVE;
    auto low = [&](int i) { return halve ? 2 * i : (i ? i - 1 : 0); };
    auto high = [&](int i, int size) { return std::min(i + 2 + (halve ? i : 0), size); };
    for (int64_t p = 0; p < (int64_t)n.groups * a.c_in; p++) {
        const V* x = n.value + n.offset[a.source] + p * pixels_in(a);
        V* gx = n.grad + n.offset[a.source] + p * pixels_in(a);
        V* y = n.value + n.offset[a.target] + p * pixels(a);
        const V* gy = n.grad + n.offset[a.target] + p * pixels(a);
        for (int r = 0; r < a.rows_out; r++)
            for (int c = 0; c < a.size_out; c++) {
                int y0 = low(r), y1 = high(r, a.rows_in), x0 = low(c), x1 = high(c, a.size_in), at = r * a.size_out + c;
                float share = 1.0f / ((y1 - y0) * (x1 - x0));
                if (backward) {
                    V d = gy[at] * share;
                    for (int i = y0; i < y1; i++)
                        for (int j = x0; j < x1; j++) gx[i * a.size_in + j] += d;
                    continue;
                }
                V s = {};
                for (int i = y0; i < y1; i++)
                    for (int j = x0; j < x1; j++) s += x[i * a.size_in + j];
                y[at] = a.first ? s * share : y[at] + s * share;
            }
    }
}

static void skip_forward(Net& n, const Layer& a) {
    int64_t count = (int64_t)n.groups * a.c_in * pixels(a);
    V *x = n.value + n.offset[a.source], *y = n.value + n.offset[a.target];
    if (a.first)
        memcpy(y, x, sizeof(V) * count);
    else
        for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

static void skip_backward(Net& n, const Layer& a) {
    int64_t count = (int64_t)n.groups * a.c_in * pixels(a);
    V *gx = n.grad + n.offset[a.source], *gy = n.grad + n.offset[a.target];
    for (int64_t i = 0; i < count; i++) gx[i] += gy[i];
}
