// What a layer does to the network's buffers: convolution, batch normalisation, pooling, skip; forward and backward.

#pragma once
#include <cmath>

#include "kernels.h"

enum Kind { CONV, NORM, SKIP, POOL, HALVE };  // as in nas_core/nets/program.py

struct Head {
    int source, channels, size, classes, parameter, statistic;
};

struct Net {  // as in library.py
    int groups;
    const Layer* layers;
    int n_layers;
    Head head;
    const long* offset;    // of every buffer, in vectors, for `groups` groups
    V *value, *grad;       // all buffers
    V *padded, *scratch;   // one group of a padded image; room for a padded gradient
    float *mean, *inv;     // batch statistics of every normalisation, by statistic offset
    float *parameters, *gradients, *momenta;
    long n_parameters;
    float* running;        // running means, then running variances, by statistic offset
    long n_statistics;
};

static long pixels(const Layer& a) { return (long)a.size_out * a.size_out; }

static void conv_forward(Net& n, const Layer& a) {
    int pad = a.kernel / 2, wide = a.size_in + 2 * pad;
    const float* w = n.parameters + a.parameter;
    for (int g = 0; g < n.groups; g++) {
        const V* in = n.value + n.offset[a.source] + (long)g * a.c_in * a.size_in * a.size_in;
        V* out = n.value + n.offset[a.target] + g * a.c_out * pixels(a);
        frame(n.padded, in, a.c_in, a.size_in, pad, a.relu);
        if (a.kernel == 3)
            convolve<3>(out, n.padded, w, a, wide);
        else
            convolve<1>(out, n.padded, w, a, wide);
    }
}

// Adds one group's gradient of the data to the source's; `n.padded` may be overwritten.
template <int K>
static void conv_back_data(Net& n, const Layer& a, const V* in, const V* gout, V* gin) {
    const float* w = n.parameters + a.parameter;
    int pad = K / 2, wide = a.size_in + 2 * pad;
    bool flat = a.stride == 1;
    if (flat) {
        frame(n.padded, gout, a.c_out, a.size_out, pad, false);
        back_data_flat<K>(n.scratch, n.padded, w, a, wide);
    } else
        back_data<K>(n.scratch, gout, w, a, wide);
    int row = flat ? a.size_in : wide, edge = flat ? 0 : pad;
    V zero = {};
    for (int c = 0; c < a.c_in; c++)
        for (int y = 0; y < a.size_in; y++)
            for (int x = 0; x < a.size_in; x++) {
                long i = (c * (long)a.size_in + y) * a.size_in + x;
                V d = n.scratch[(c * row + y + edge) * row + x + edge];
                gin[i] += a.relu ? (in[i] > zero ? d : zero) : d;
            }
}

template <int K>
static void conv_backward(Net& n, const Layer& a) {
    static thread_local Vectors room;
    int pad = K / 2, wide = a.size_in + 2 * pad;
    long count = (long)a.c_out * a.c_in * K * K;
    V* acc = room.clear(count);
    for (int g = 0; g < n.groups; g++) {
        long start = (long)g * a.c_in * a.size_in * a.size_in;
        const V* in = n.value + n.offset[a.source] + start;
        const V* gout = n.grad + n.offset[a.target] + g * a.c_out * pixels(a);
        frame(n.padded, in, a.c_in, a.size_in, pad, a.relu);
        back_weights<K>(acc, n.padded, gout, a, wide);
        if (a.source)  // buffer 0 holds the images, which need no gradient
            conv_back_data<K>(n, a, in, gout, n.grad + n.offset[a.source] + start);
    }
    for (long i = 0; i < count; i++) n.gradients[a.parameter + i] += total(acc[i]);
}

// Batch statistics of `channels` channels into mean and inv, and into the running statistics, as torch does.
static void statistics(Net& n, const V* x, int channels, long area, int at, bool training) {
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
            for (long i = 0; i < area; i++) s += x[(g * (long)channels + c) * area + i];
        float mean = total(s) / count;
        for (int g = 0; g < n.groups; g++)
            for (long i = 0; i < area; i++) {
                V d = x[(g * (long)channels + c) * area + i] - mean;
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
    long area = pixels(a);
    int at = a.statistic;
    statistics(n, x, a.c_in, area, at, training);
    for (int g = 0; g < n.groups; g++)
        for (int c = 0; c < a.c_in; c++) {
            float scale = n.parameters[a.parameter + c] * n.inv[at + c];
            float shift = n.parameters[a.parameter + a.c_in + c] - n.mean[at + c] * scale;
            long o = (g * (long)a.c_in + c) * area;
            if (a.first)
                for (long i = 0; i < area; i++) y[o + i] = x[o + i] * scale + shift;
            else
                for (long i = 0; i < area; i++) y[o + i] += x[o + i] * scale + shift;
        }
}

// Backward through y = gamma·(x - mean)·inv + beta; gx is overwritten (a NORM's source has no other reader).
static void norm_backward(Net& n, const V* x, const V* gy, V* gx, int channels, long area, int at, long parameter) {
    double count = (double)n.groups * area * L;
    for (int c = 0; c < channels; c++) {
        float mean = n.mean[at + c], inv = n.inv[at + c], gamma = n.parameters[parameter + c];
        V s = {}, q = {};
        for (int g = 0; g < n.groups; g++)
            for (long i = 0, o = (g * (long)channels + c) * area; i < area; i++) {
                s += gy[o + i];
                q += gy[o + i] * (x[o + i] - mean);
            }
        float gbeta = total(s), ggamma = total(q) * inv;
        n.gradients[parameter + c] += ggamma;
        n.gradients[parameter + channels + c] += gbeta;
        float a = gamma * inv, b = gbeta / count, d = ggamma * inv / count;
        for (int g = 0; g < n.groups; g++)
            for (long i = 0, o = (g * (long)channels + c) * area; i < area; i++)
                gx[o + i] = a * (gy[o + i] - b - (x[o + i] - mean) * d);
    }
}

// 3×3 average pooling (stride 1, borders divided by what they hold) or 2×2 with stride 2; forward and backward.
static void pool(Net& n, const Layer& a, bool backward) {
    int size = a.size_in, out = a.size_out, halve = a.kind == HALVE;
    auto low = [&](int i) { return halve ? 2 * i : (i ? i - 1 : 0); };
    auto high = [&](int i) { return halve ? 2 * i + 2 : (i + 2 < size ? i + 2 : size); };
    for (long p = 0; p < (long)n.groups * a.c_in; p++) {
        const V* x = n.value + n.offset[a.source] + p * size * size;
        V* gx = n.grad + n.offset[a.source] + p * size * size;
        V* y = n.value + n.offset[a.target] + p * out * out;
        const V* gy = n.grad + n.offset[a.target] + p * out * out;
        for (int r = 0; r < out; r++)
            for (int c = 0; c < out; c++) {
                int y0 = low(r), y1 = high(r), x0 = low(c), x1 = high(c), at = r * out + c;
                float share = 1.0f / ((y1 - y0) * (x1 - x0));
                if (backward) {
                    V d = gy[at] * share;
                    for (int i = y0; i < y1; i++)
                        for (int j = x0; j < x1; j++) gx[i * size + j] += d;
                    continue;
                }
                V s = {};
                for (int i = y0; i < y1; i++)
                    for (int j = x0; j < x1; j++) s += x[i * size + j];
                y[at] = a.first ? s * share : y[at] + s * share;
            }
    }
}

static void skip_forward(Net& n, const Layer& a) {
    long count = (long)n.groups * a.c_in * pixels(a);
    V *x = n.value + n.offset[a.source], *y = n.value + n.offset[a.target];
    if (a.first)
        memcpy(y, x, sizeof(V) * count);
    else
        for (long i = 0; i < count; i++) y[i] += x[i];
}

static void skip_backward(Net& n, const Layer& a) {
    long count = (long)n.groups * a.c_in * pixels(a);
    V *gx = n.grad + n.offset[a.source], *gy = n.grad + n.offset[a.target];
    for (long i = 0; i < count; i++) gx[i] += gy[i];
}
