// Trains one small convolutional network on one CPU core, several times faster than general libraries do.
//
// L images share a vector: a tensor is V[group][channel][row][column], so every loop is over whole vectors and
// no value ever moves between lanes. The network arrives as a list of layers (nas_core/nets/program.py); `run` does forward,
// backward and one SGD step a batch. The torch trainer is the definition; this must agree with it step by step
// (tests/unit/test_fused.py).

#include "layers.h"

// Softmax cross-entropy of one group: adds loss and right answers to out[0], out[1] and turns the logits into their
// gradients times `share`; zero where the label is -1, the padding of an incomplete batch.
static void cross_entropy(V* logits, int classes, const int* labels, float share, double* out) {
    for (int lane = 0; lane < L; lane++) {
        int label = labels[lane], best = 0;
        if (label < 0) {
            for (int k = 0; k < classes; k++) logits[k][lane] = 0;
            continue;
        }
        float top = logits[0][lane], sum = 0, chosen = logits[label][lane];
        for (int k = 1; k < classes; k++)
            if (logits[k][lane] > top) {
                top = logits[k][lane];
                best = k;
            }
        for (int k = 0; k < classes; k++) sum += logits[k][lane] = std::exp(logits[k][lane] - top);
        out[0] += std::log(sum) + top - chosen;
        out[1] += best == label;
        for (int k = 0; k < classes; k++) logits[k][lane] = (logits[k][lane] / sum - (k == label)) * share;
    }
}

// Norm, ReLU, average over the image, linear, cross-entropy; if training, also their gradients.
static void head(Net& n, const int* labels, bool training, double* out) {
    const Head& h = n.head;
    int64_t area = h.area;
    const V* x = n.value + n.offset[h.source];
    statistics(n, x, h.channels, area, h.statistic, training);
    const float* gamma = n.parameters + h.parameter;
    const float *weight = gamma + 2 * h.channels, *bias = weight + h.classes * h.channels;
    float* g_weight = n.gradients + h.parameter + 2 * h.channels;
    static thread_local Vectors room[5];
    V *pooled = room[0].clear(h.channels), *logits = room[1].clear(h.classes);
    V *g_pooled = room[2].clear(h.channels), *g_y = room[3].clear(training ? n.groups * h.channels * area : 0), zero = {};
    V* acc = room[4].clear(training ? h.classes * (h.channels + 1) : 0);  // gradients of weights, then of biases
    auto scale = [&](int c) { return gamma[c] * n.inv[h.statistic + c]; };
    auto shift = [&](int c) { return gamma[h.channels + c] - n.mean[h.statistic + c] * scale(c); };
    for (int g = 0; g < n.groups; g++) {
        for (int c = 0; c < h.channels; c++) {
            float by = scale(c), plus = shift(c);
            V s = {};
            for (int64_t i = 0; i < area; i++) s += relu(x[(g * (int64_t)h.channels + c) * area + i] * by + plus);
            pooled[c] = s / (float)area;
        }
        for (int k = 0; k < h.classes; k++) {
            logits[k] = splat(bias[k]);
            for (int c = 0; c < h.channels; c++) logits[k] += pooled[c] * weight[k * h.channels + c];
        }
        cross_entropy(logits, h.classes, labels + g * L, 1.0f / (n.groups * L), out);
        if (!training) continue;
        for (int c = 0; c < h.channels; c++) g_pooled[c] = zero;
        for (int k = 0; k < h.classes; k++) {
            acc[h.classes * h.channels + k] += logits[k];
            for (int c = 0; c < h.channels; c++) {
                acc[k * h.channels + c] += logits[k] * pooled[c];
                g_pooled[c] += logits[k] * weight[k * h.channels + c];
            }
        }
        for (int c = 0; c < h.channels; c++) {
            float by = scale(c), plus = shift(c);
            for (int64_t i = 0, o = (g * (int64_t)h.channels + c) * area; i < area; i++)
                g_y[o + i] = (x[o + i] * by + plus) > zero ? g_pooled[c] / (float)area : zero;
        }
    }
    if (!training) return;
    for (int i = 0; i < h.classes * (h.channels + 1); i++) g_weight[i] += total(acc[i]);
    norm_backward(n, x, g_y, n.grad + n.offset[h.source], h.channels, area, h.statistic, h.parameter);
}

static void forward(Net& n, bool training) {
    for (int i = 0; i < n.n_layers; i++) {
        const Layer& a = n.layers[i];
        switch (a.kind) {
            case CONV: WITH_KERNEL(a, conv_forward, n, a); break;
            case NORM: norm_forward(n, a, training); break;
            case SKIP: skip_forward(n, a); break;
            default: pool(n, a, false);
        }
    }
}

static void backward(Net& n) {
    for (int i = n.n_layers - 1; i >= 0; i--) {
        const Layer& a = n.layers[i];
        V *x = n.value + n.offset[a.source], *gx = n.grad + n.offset[a.source], *gy = n.grad + n.offset[a.target];
        switch (a.kind) {
            case CONV: WITH_KERNEL(a, conv_backward, n, a); break;
            case NORM: norm_backward(n, x, gy, gx, a.c_in, pixels(a), a.statistic, a.parameter); break;
            case SKIP: skip_backward(n, a); break;
            default: pool(n, a, true);
        }
    }
}

// Sets to zero what the backward pass adds to; a NORM overwrites its source's gradient, which is most of the memory.
static void clear_gradients(Net& n) {
    memset(n.gradients, 0, sizeof(float) * n.n_parameters);
    if (n.tokens) memset(n.grad + n.offset[0], 0, sizeof(V) * n.groups * n.layers[0].c_in * pixels_in(n.layers[0]));
    for (int i = 0; i < n.n_layers; i++) {
        const Layer& a = n.layers[i];
        bool overwritten = i + 1 < n.n_layers && n.layers[i + 1].kind == NORM && n.layers[i + 1].source == a.target;
        if (a.first && !overwritten)
            memset(n.grad + n.offset[a.target], 0, sizeof(V) * n.groups * a.c_out * pixels(a));
    }
}

// SGD with Nesterov momentum, as torch.optim.SGD.
static void step(Net& n, float rate, float momentum, float decay) {
    for (int64_t i = 0; i < n.n_parameters; i++) {
        float d = n.gradients[i] + decay * n.parameters[i];
        n.momenta[i] = momentum * n.momenta[i] + d;
        n.parameters[i] -= rate * (d + momentum * n.momenta[i]);
    }
}

// Puts the picked images, float[channels][area] each, into the lanes of buffer 0.
static void load(Net& n, const float* images, const int64_t* pick, int64_t count) {
    float* out = (float*)(n.value + n.offset[0]);
    for (int g = 0; g < n.groups; g++)
        for (int lane = 0; lane < L; lane++) {
            const float* image = images + pick[g * L + lane] * count;
            for (int64_t i = 0; i < count; i++) out[(g * count + i) * L + lane] = image[i];
        }
}

// The same for texts, int[length] each: the vectors of their tokens, or into those the gradients of buffer 0.
static void embed(Net& n, const int* texts, const int64_t* pick, int64_t length, bool backward) {
    int width = n.layers[0].c_in;
    float* table = backward ? n.gradients : n.parameters;
    float* image = (float*)((backward ? n.grad : n.value) + n.offset[0]);
    for (int i = 0; i < n.groups * L; i++)
        for (int64_t at = 0; at < length; at++) {
            float* vector = table + (int64_t)texts[pick[i] * length + at] * width;
            float* out = image + (i / L * width * length + at) * L + i % L;
            for (int c = 0; c < width; c++)
                if (backward)
                    vector[c] += out[c * length * L];
                else
                    out[c * length * L] = vector[c];
        }
}

// Goes through `steps` batches of groups·L inputs, each `count` floats of an image or ints of a text; with `rates` one SGD step a batch,
// without only measures. `order` is -1 where a batch is incomplete. out: summed cross-entropy, right answers.
extern "C" void run(Net* net, const void* inputs, const int* labels, const int64_t* order, int64_t steps, int64_t count,
                    const float* rates, float momentum, float decay, double* out) {
    Net& n = *net;
    int batch = n.groups * L;
    std::vector<int> target(batch);
    std::vector<int64_t> pick(batch);
    out[0] = out[1] = 0;
    for (int64_t s = 0; s < steps; s++) {
        for (int i = 0; i < batch; i++) {
            int64_t p = order[s * batch + i];
            pick[i] = p < 0 ? 0 : p;
            target[i] = p < 0 ? -1 : labels[p];
        }
        if (n.tokens)
            embed(n, (const int*)inputs, pick.data(), count, false);
        else
            load(n, (const float*)inputs, pick.data(), count);
        forward(n, rates != nullptr);
        if (rates) clear_gradients(n);
        head(n, target.data(), rates != nullptr, out);
        if (!rates) continue;
        backward(n);
        if (n.tokens) embed(n, (const int*)inputs, pick.data(), count, true);
        step(n, rates[s], momentum, decay);
    }
}

// How many images a vector holds on this machine.
extern "C" int lanes() { return L; }
