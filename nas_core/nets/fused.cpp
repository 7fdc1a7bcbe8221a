// Trains one small convolutional network on one CPU core, several times faster than general libraries do.
//
// Sixteen images share a vector: a tensor is float[group][channel][row][column][16], so every loop below is over
// whole vectors and no value ever moves between lanes. The network arrives as a list of layers (see fused.py);
// `run` does forward, backward and one SGD step. The torch trainer is the definition; this file must agree with it
// step by step (tests/unit/test_fused.py).

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

typedef float V __attribute__((vector_size(64), aligned(64)));
static const int L = 16;  // images in a vector

enum Kind { CONV = 0, NORM = 1, SKIP = 2, POOL = 3, HALVE = 4 };

struct Layer {  // matches fused.py: 12 ints
    int kind, source, target, first;       // first: overwrite the target; otherwise add to it
    int c_in, c_out, size_in, size_out;    // square images
    int kernel, stride, relu, parameter;   // relu: the layer reads max(source, 0)
};

struct Head { int source, channels, size, classes, parameter, statistic; };

struct Net {
    int groups, buffers;
    const Layer* layers; int n_layers;
    Head head;
    const long* offset;                    // of every buffer, in vectors, for `groups` groups
    V *value, *grad;                       // all buffers
    V *padded, *scratch;                   // one group of a padded image; room for a padded gradient
    float *mean, *inv;                     // per NORM layer and the head: batch statistics, by statistic offset
    float *parameters, *gradients, *momenta; long n_parameters;
    float *running;                        // running mean and variance per statistic offset (mean, then variance)
    const int* statistic;                  // per layer, its offset into mean/inv; -1 without
    long n_statistics;
};

struct Vectors {  // a growing array of aligned vectors, zero after `clear`
    V* at = nullptr; long room = 0;
    V* clear(long count) {
        if (count > room) { free(at); at = (V*)aligned_alloc(64, sizeof(V) * count); room = count; }
        memset(at, 0, sizeof(V) * count);
        return at;
    }
    ~Vectors() { free(at); }
};

static inline V splat(float x) { V v = {}; return v + x; }
static inline V relu(V x) { V zero = {}; return x > zero ? x : zero; }
static inline float total(V v) { float s = 0; for (int i = 0; i < L; i++) s += v[i]; return s; }

// Copies one group of `source` (after ReLU if asked) into a frame of zeros `pad` wide.
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

template <int K, int T, int B>  // T pixels by B output channels in registers
static inline void tile(V* out, const V* in, const float* w, const Layer& a, int wide, int co, int y, int x) {
    V acc[B][T];
    for (int b = 0; b < B; b++) for (int t = 0; t < T; t++) acc[b][t] = V{};
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
                for (int c = co; c < a.c_out; c++) for (int z = 0; z < n; z++) tile<K, 1, 1>(out, in, w, a, wide, c, y, z);
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
    back.c_in = a.c_out; back.c_out = a.c_in;
    convolve<K>(out, framed, turned.data(), back, wide);
}

// Gradient with respect to the padded input for any stride, scattered into `out` (zeroed here).
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
                    if (b_end == B) {
                        for (int b = 0; b < B; b++)
                            for (int t = 0; t < K * K; t++) sum[t] += gv[b] * splat(wc[b * a.c_in * K * K + t]);
                    } else
                        for (int b = 0; b < b_end; b++)
                            for (int t = 0; t < K * K; t++) sum[t] += gv[b] * splat(wc[b * a.c_in * K * K + t]);
                    V* o = out + (ci * wide + y * a.stride) * wide + x * a.stride;
                    for (int ky = 0; ky < K; ky++)
                        for (int kx = 0; kx < K; kx++) o[ky * wide + kx] += sum[ky * K + kx];
                }
            }
    }
}

template <int K>  // acc[co][ci][tap] over one group, kept as vectors until the last group
static void back_weights(V* acc, const V* in, const V* g, const Layer& a, int wide) {
    int n = a.size_out;
    for (int co = 0; co < a.c_out; co += 4) {
        int blocks = a.c_out - co < 4 ? a.c_out - co : 4;
        for (int ci = 0; ci < a.c_in; ci++)
            for (int ky = 0; ky < K; ky++) {
                V s[4][K];
                for (int b = 0; b < 4; b++) for (int kx = 0; kx < K; kx++) s[b][kx] = V{};
                for (int y = 0; y < n; y++) {
                    const V* row = in + (ci * wide + y * a.stride + ky) * wide;
                    const V* grow = g + (co * n + y) * n;
                    if (blocks == 4) {
                        for (int x = 0; x < n; x++)
                            for (int b = 0; b < 4; b++)
                                for (int kx = 0; kx < K; kx++) s[b][kx] += grow[b * n * n + x] * row[x * a.stride + kx];
                    } else
                        for (int x = 0; x < n; x++)
                            for (int b = 0; b < blocks; b++)
                                for (int kx = 0; kx < K; kx++) s[b][kx] += grow[b * n * n + x] * row[x * a.stride + kx];
                }
                for (int b = 0; b < blocks; b++)
                    for (int kx = 0; kx < K; kx++) acc[(((co + b) * a.c_in + ci) * K + ky) * K + kx] += s[b][kx];
            }
    }
}

static long pixels(const Layer& a) { return (long)a.size_out * a.size_out; }

static void conv_forward(Net& n, const Layer& a) {
    int pad = a.kernel / 2, wide = a.size_in + 2 * pad;
    for (int g = 0; g < n.groups; g++) {
        const V* in = n.value + n.offset[a.source] + (long)g * a.c_in * a.size_in * a.size_in;
        V* out = n.value + n.offset[a.target] + g * a.c_out * pixels(a);
        frame(n.padded, in, a.c_in, a.size_in, pad, a.relu);
        const float* w = n.parameters + a.parameter;
        if (a.kernel == 3) convolve<3>(out, n.padded, w, a, wide); else convolve<1>(out, n.padded, w, a, wide);
    }
}

static void conv_backward(Net& n, const Layer& a) {
    static thread_local Vectors room;
    int pad = a.kernel / 2, wide = a.size_in + 2 * pad;
    long count = (long)a.c_out * a.c_in * a.kernel * a.kernel;
    V* acc = room.clear(count);
    const float* w = n.parameters + a.parameter;
    for (int g = 0; g < n.groups; g++) {
        long start = (long)g * a.c_in * a.size_in * a.size_in;
        const V* in = n.value + n.offset[a.source] + start;
        const V* gout = n.grad + n.offset[a.target] + g * a.c_out * pixels(a);
        frame(n.padded, in, a.c_in, a.size_in, pad, a.relu);
        if (a.kernel == 3) back_weights<3>(acc, n.padded, gout, a, wide);
        else back_weights<1>(acc, n.padded, gout, a, wide);
        if (a.source == 0) continue;  // the images need no gradient
        bool flat = a.stride == 1;
        if (flat) {
            frame(n.padded, gout, a.c_out, a.size_out, pad, false);
            if (a.kernel == 3) back_data_flat<3>(n.scratch, n.padded, w, a, wide);
            else back_data_flat<1>(n.scratch, n.padded, w, a, wide);
        } else if (a.kernel == 3) back_data<3>(n.scratch, gout, w, a, wide);
        else back_data<1>(n.scratch, gout, w, a, wide);
        int row = flat ? a.size_in : wide, edge = flat ? 0 : pad;
        V* gin = n.grad + n.offset[a.source] + start;
        V zero = {};
        for (int c = 0; c < a.c_in; c++)
            for (int y = 0; y < a.size_in; y++)
                for (int x = 0; x < a.size_in; x++) {
                    long i = (c * (long)a.size_in + y) * a.size_in + x;
                    V d = n.scratch[(c * row + y + edge) * row + x + edge];
                    gin[i] += a.relu ? (in[i] > zero ? d : zero) : d;
                }
    }
    for (long i = 0; i < count; i++) n.gradients[a.parameter + i] += total(acc[i]);
}

// Batch statistics of `channels` channels into mean/inv, and into the running statistics, as torch does.
static void statistics(Net& n, const V* x, int channels, long area, int at, bool training) {
    double count = (double)n.groups * area * L;
    for (int c = 0; c < channels; c++) {
        float *m = n.running + at + c, *v = n.running + n.n_statistics + at + c;
        if (training) {
            V s = {}, q = {};
            for (int g = 0; g < n.groups; g++)
                for (long i = 0; i < area; i++) s += x[(g * (long)channels + c) * area + i];
            float mean = total(s) / count;
            for (int g = 0; g < n.groups; g++)
                for (long i = 0; i < area; i++) { V d = x[(g * (long)channels + c) * area + i] - mean; q += d * d; }
            float var = total(q) / count;
            n.mean[at + c] = mean;
            n.inv[at + c] = 1.0f / std::sqrt(var + 1e-5f);
            *m += 0.1f * (mean - *m);
            *v += 0.1f * (var * (float)(count / (count - 1)) - *v);
        } else {
            n.mean[at + c] = *m;
            n.inv[at + c] = 1.0f / std::sqrt(*v + 1e-5f);
        }
    }
}

static void norm_forward(Net& n, const Layer& a, int at, bool training) {
    const V* x = n.value + n.offset[a.source];
    V* y = n.value + n.offset[a.target];
    long area = pixels(a);
    statistics(n, x, a.c_in, area, at, training);
    for (int g = 0; g < n.groups; g++)
        for (int c = 0; c < a.c_in; c++) {
            float scale = n.parameters[a.parameter + c] * n.inv[at + c];
            float shift = n.parameters[a.parameter + a.c_in + c] - n.mean[at + c] * scale;
            long o = (g * (long)a.c_in + c) * area;
            if (a.first) for (long i = 0; i < area; i++) y[o + i] = x[o + i] * scale + shift;
            else for (long i = 0; i < area; i++) y[o + i] += x[o + i] * scale + shift;
        }
}

// Backward through y = gamma·(x-mean)·inv + beta; gx is overwritten (a NORM's source has no other reader).
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
    for (long p = 0; p < (long)n.groups * a.c_in; p++) {
        const V* x = n.value + n.offset[a.source] + p * size * size;
        V* gx = n.grad + n.offset[a.source] + p * size * size;
        V* y = n.value + n.offset[a.target] + p * out * out;
        const V* gy = n.grad + n.offset[a.target] + p * out * out;
        for (int r = 0; r < out; r++)
            for (int c = 0; c < out; c++) {
                int y0 = halve ? 2 * r : (r ? r - 1 : 0), y1 = halve ? 2 * r + 2 : (r + 2 < size ? r + 2 : size);
                int x0 = halve ? 2 * c : (c ? c - 1 : 0), x1 = halve ? 2 * c + 2 : (c + 2 < size ? c + 2 : size);
                float share = 1.0f / ((y1 - y0) * (x1 - x0));
                if (backward) {
                    V d = gy[r * out + c] * share;
                    for (int i = y0; i < y1; i++) for (int j = x0; j < x1; j++) gx[i * size + j] += d;
                } else {
                    V s = {};
                    for (int i = y0; i < y1; i++) for (int j = x0; j < x1; j++) s += x[i * size + j];
                    if (a.first) y[r * out + c] = s * share; else y[r * out + c] += s * share;
                }
            }
    }
}

static void skip(Net& n, const Layer& a, bool backward) {
    long count = (long)n.groups * a.c_in * pixels(a);
    V *x = n.value + n.offset[a.source], *y = n.value + n.offset[a.target];
    V *gx = n.grad + n.offset[a.source], *gy = n.grad + n.offset[a.target];
    if (backward) for (long i = 0; i < count; i++) gx[i] += gy[i];
    else if (a.first) memcpy(y, x, sizeof(V) * count);
    else for (long i = 0; i < count; i++) y[i] += x[i];
}

// Norm, ReLU, average over the image, linear, softmax cross-entropy. Adds loss and hits to out[0], out[1].
static void head(Net& n, const int* labels, bool training, double* out) {
    const Head& h = n.head;
    long area = (long)h.size * h.size;
    const V* x = n.value + n.offset[h.source];
    statistics(n, x, h.channels, area, h.statistic, training);
    const float* gamma = n.parameters + h.parameter;
    const float *weight = gamma + 2 * h.channels, *bias = weight + h.classes * h.channels;
    float* g_weight = n.gradients + h.parameter + 2 * h.channels;
    static thread_local Vectors room[4];
    V *pooled = room[0].clear(h.channels), *logits = room[1].clear(h.classes);
    V *g_pooled = room[2].clear(h.channels), *g_y = room[3].clear(n.groups * h.channels * area);
    float scale_grad = 1.0f / (n.groups * L) ;
    for (int g = 0; g < n.groups; g++) {
        for (int c = 0; c < h.channels; c++) {
            float scale = gamma[c] * n.inv[h.statistic + c], shift = gamma[h.channels + c] - n.mean[h.statistic + c] * scale;
            V s = {};
            for (long i = 0; i < area; i++) s += relu(x[(g * (long)h.channels + c) * area + i] * scale + shift);
            pooled[c] = s / (float)area;
        }
        for (int k = 0; k < h.classes; k++) {
            V s = splat(bias[k]);
            for (int c = 0; c < h.channels; c++) s += pooled[c] * weight[k * h.channels + c];
            logits[k] = s;
        }
        for (int lane = 0; lane < L; lane++) {
            int label = labels[g * L + lane], best = 0;
            if (label < 0) { for (int k = 0; k < h.classes; k++) logits[k][lane] = 0; continue; }  // padding of an incomplete batch
            float top = logits[0][lane], sum = 0;
            for (int k = 1; k < h.classes; k++) if (logits[k][lane] > top) { top = logits[k][lane]; best = k; }
            for (int k = 0; k < h.classes; k++) sum += std::exp(logits[k][lane] - top);
            out[0] += std::log(sum) + top - logits[label][lane];
            out[1] += best == label;
            for (int k = 0; k < h.classes; k++)
                logits[k][lane] = (std::exp(logits[k][lane] - top) / sum - (k == label)) * scale_grad;
        }
        if (!training) continue;
        for (int c = 0; c < h.channels; c++) g_pooled[c] = V{};
        for (int k = 0; k < h.classes; k++) {
            g_weight[h.classes * h.channels + k] += total(logits[k]);
            for (int c = 0; c < h.channels; c++) {
                g_weight[k * h.channels + c] += total(logits[k] * pooled[c]);
                g_pooled[c] += logits[k] * weight[k * h.channels + c];
            }
        }
        V zero = {};
        for (int c = 0; c < h.channels; c++) {
            float scale = gamma[c] * n.inv[h.statistic + c], shift = gamma[h.channels + c] - n.mean[h.statistic + c] * scale;
            for (long i = 0, o = (g * (long)h.channels + c) * area; i < area; i++)
                g_y[o + i] = (x[o + i] * scale + shift) > zero ? g_pooled[c] / (float)area : zero;
        }
    }
    if (training)
        norm_backward(n, x, g_y, n.grad + n.offset[h.source], h.channels, area, h.statistic, h.parameter);
}

static void forward(Net& n, bool training) {
    for (int i = 0; i < n.n_layers; i++) {
        const Layer& a = n.layers[i];
        if (a.kind == CONV) conv_forward(n, a);
        else if (a.kind == NORM) norm_forward(n, a, n.statistic[i], training);
        else if (a.kind == SKIP) skip(n, a, false);
        else pool(n, a, false);
    }
}

static void backward(Net& n) {
    for (int i = n.n_layers - 1; i >= 0; i--) {
        const Layer& a = n.layers[i];
        if (a.kind == CONV) conv_backward(n, a);
        else if (a.kind == NORM)
            norm_backward(n, n.value + n.offset[a.source], n.grad + n.offset[a.target], n.grad + n.offset[a.source],
                          a.c_in, pixels(a), n.statistic[i], a.parameter);
        else if (a.kind == SKIP) skip(n, a, true);
        else pool(n, a, true);
    }
}

// Sets to zero what the backward pass adds to; a NORM overwrites its source's gradient, which is most of the memory.
static void clear_gradients(Net& n) {
    for (int i = 0; i < n.n_layers; i++) {
        const Layer& a = n.layers[i];
        bool overwritten = i + 1 < n.n_layers && n.layers[i + 1].kind == NORM && n.layers[i + 1].source == a.target;
        if (a.first && !overwritten)
            memset(n.grad + n.offset[a.target], 0, sizeof(V) * n.groups * a.c_out * pixels(a));
    }
}

static void load(Net& n, const float* images, const long* pick, int channels, long area) {
    float* out = (float*)(n.value + n.offset[0]);
    for (int g = 0; g < n.groups; g++)
        for (int lane = 0; lane < L; lane++) {
            const float* image = images + pick[g * L + lane] * channels * area;
            for (long i = 0; i < channels * area; i++) out[(g * channels * area + i) * L + lane] = image[i];
        }
}

// Goes through `steps` batches of groups·16 images; with `rates` one SGD step each, without only measures.
// out: summed cross-entropy and number of right answers.
extern "C" void run(Net* net, const float* images, const int* labels, const long* order, long steps, int channels,
                    long area, const float* rates, float momentum, float decay, double* out) {
    Net& n = *net;
    int batch = n.groups * L;
    std::vector<int> target(batch);
    std::vector<long> pick(batch);
    out[0] = out[1] = 0;
    for (long step = 0; step < steps; step++) {
        for (int i = 0; i < batch; i++) {
            long p = order[step * batch + i];
            pick[i] = p < 0 ? 0 : p;
            target[i] = p < 0 ? -1 : labels[p];
        }
        load(n, images, pick.data(), channels, area);
        forward(n, rates != nullptr);
        if (rates) {
            clear_gradients(n);
            memset(n.gradients, 0, sizeof(float) * n.n_parameters);
        }
        head(n, target.data(), rates != nullptr, out);
        if (!rates) continue;
        backward(n);
        float rate = rates[step];
        for (long i = 0; i < n.n_parameters; i++) {  // SGD with Nesterov momentum, as torch.optim.SGD
            float d = n.gradients[i] + decay * n.parameters[i];
            n.momenta[i] = momentum * n.momenta[i] + d;
            n.parameters[i] -= rate * (d + momentum * n.momenta[i]);
        }
    }
}
