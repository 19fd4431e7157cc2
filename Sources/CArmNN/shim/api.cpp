// The functions that Kinglet calls. Every exception ends here.
#include "net.h"

#include <armnn/Version.hpp>

#include <cstring>
#include <sstream>

using namespace armnn;

static thread_local std::string message;

// The one runtime of the process. Never destroyed: at exit its backends may be gone before it. Everything but runs goes one
// at a time: Arm NN numbers networks without a lock.
static IRuntime *runtime;
static std::mutex building;

// What `body` gives; below 0 if it throws.
template <class Body> static int32_t guarded(Body body) noexcept {
    try {
        return body();
    } catch (const std::exception &e) {
        message = e.what();
    } catch (...) {
        message = "an unknown exception";
    }
    return -1;
}

static int32_t fail(const std::string &why) {
    message = why.empty() ? "no reason given" : why;
    return -1;
}

static const char *error() { return message.c_str(); }

// What is loaded changes no more.
static void requireOpen(const ka_net *net) {
    if (net->loaded) throw InvalidArgumentException("the network is loaded already");
}

static int32_t open(const char *path) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        if (runtime) return 0;
        // Standard output belongs to results.
        ConfigureLogging(false, false, LogSeverity::Fatal);
        IRuntime::CreationOptions options;
        if (path) options.m_DynamicBackendsPath = path;
        runtime = IRuntime::CreateRaw(options);
        return runtime ? 0 : fail("Arm NN made no runtime");
    });
}

static int32_t devices(char *names, int32_t capacity) {
    return guarded([&] {
        std::string list;
        for (const BackendId &id : runtime->GetDeviceSpec().GetSupportedBackends())
            list += (list.empty() ? "" : ",") + id.Get();
        if (list.size() >= static_cast<size_t>(capacity)) return fail("too many backends");
        memcpy(names, list.c_str(), list.size() + 1);
        return static_cast<int32_t>(list.size());
    });
}

static ka_net *make() {
    ka_net *net = nullptr;
    guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        net = new ka_net;
        return 0;
    });
    return net;
}

static void drop(ka_net *net) {
    guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        if (net->loaded) runtime->UnloadNetwork(net->id);
        delete net;
        return 0;
    });
}

static int32_t input(ka_net *net, const ka_tensor *type) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        requireOpen(net);
        TensorInfo x = info(*type);
        const int id = static_cast<int>(net->inputs.size());
        const int32_t value = net->join(net->network->AddInputLayer(id), nullptr, 0, x);
#if KA_WEIGHTS_ARE_LAYERS
        x.SetConstant();
#endif
        net->inputs.push_back(x);
        return value;
    });
}

static int32_t add(ka_net *net, const ka_layer *layer) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        requireOpen(net);
        return addLayer(*net, *layer);
    });
}

static int32_t output(ka_net *net, int32_t value) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        requireOpen(net);
        const Value &y = net->value(value);
        IConnectableLayer *layer = net->network->AddOutputLayer(static_cast<int>(net->outputs.size()));
        y.layer->GetOutputSlot(0).Connect(layer->GetInputSlot(0));
        net->outputs.push_back(y.info);
        return 0;
    });
}

static IOptimizedNetworkPtr optimized(ka_net *net, const char *devices, int32_t threads) {
    requireOpen(net);
    std::vector<BackendId> wanted;
    std::istringstream list(devices);
    for (std::string name; std::getline(list, name, ',');) wanted.emplace_back(name);
    std::vector<std::string> reasons;
#if KA_WEIGHTS_ARE_LAYERS
    OptimizerOptionsOpaque options;
    options.AddModelOption(BackendOptions("CpuAcc", {{"NumberOfThreads", static_cast<unsigned int>(threads)}}));
#else
    OptimizerOptions options;
    (void)threads;
#endif
    IOptimizedNetworkPtr result = Optimize(
        *net->network, wanted, runtime->GetDeviceSpec(), options, Optional<std::vector<std::string> &>(reasons));
    std::string text;
    for (const std::string &reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    message = text.empty() ? "the optimizer refused it" : text;
    return result;
}

static int32_t check(ka_net *net, const char *devices) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        return optimized(net, devices, 1) ? 0 : -1;
    });
}

static int32_t load(ka_net *net, const char *devices, int32_t threads) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(building);
        IOptimizedNetworkPtr network = optimized(net, devices, threads);
        if (!network) return -1;
        std::string reason;
        if (runtime->LoadNetwork(net->id, std::move(network), reason) != Status::Success) return fail(reason);
        net->loaded = true;
        // The weights have gone into what was loaded.
        net->network = INetworkPtr(nullptr, &INetwork::Destroy);
        net->values.clear();
        return 0;
    });
}

static int32_t run(ka_net *net, const void *const *inputs, void *const *outputs) {
    return guarded([&] {
        if (!net->loaded) return fail("the network is not loaded");
        std::lock_guard<std::mutex> lock(net->running);
        InputTensors x;
        for (size_t i = 0; i < net->inputs.size(); i++)
            x.emplace_back(static_cast<LayerBindingId>(i), ConstTensor(net->inputs[i], inputs[i]));
        OutputTensors y;
        for (size_t i = 0; i < net->outputs.size(); i++)
            y.emplace_back(static_cast<LayerBindingId>(i), Tensor(net->outputs[i], outputs[i]));
        return runtime->EnqueueWorkload(net->id, x, y) == Status::Success ? 0 : fail("the run failed");
    });
}

extern "C" __attribute__((visibility("default"))) const ka_api *kinglet_armnn(void) {
    static const ka_api api = {
        KA_ABI, ARMNN_VERSION, error, open, devices, make, drop, input, add, output, check, load, run,
    };
    return &api;
}
