"""The snippets of the document that detinit grew from, as it prints them."""

QUICK_START = '''
from deterministic_init import DeterministicNoiseGenerator
gen = DeterministicNoiseGenerator(seed=42)
# Initialize
weights = gen.init_matrix(layer_id=0, shape=(256, 784), mode="he")
# Train for 100 epochs...
# After training: check which weights changed
stats = gen.analyze_weight_matrix(trained_weights, layer_id=0)
'''

WORKFLOW_INIT = '''
from deterministic_init import DeterministicNoiseGenerator
# 1. Create generator
gen = DeterministicNoiseGenerator(seed=42)
# 2. Initialize network layers
for layer_id, layer in enumerate(network.layers):
    layer.weight = gen.init_matrix(
        layer_id,
        layer.weight.shape,
        mode="he" # or "xavier", "lecun"
    )
# 3. Train normally (no changes needed)
train(network, epochs=50)
'''

WORKFLOW_ANALYZE = '''
# 4. Analyze what changed
for layer_id, layer in enumerate(network.layers):
    stats = gen.analyze_weight_matrix(layer.weight, layer_id)
    print(f"Layer {layer_id}: {stats['changed_percentage']:.1f}% active")
    # 5. Get mask of active weights
    mask = gen.get_awakened_mask(layer.weight, layer_id, threshold=1e-6)
'''

WORKFLOW_PRUNE = '''
    # 6. Targeted pruning (zero out ONLY sleeping weights)
    layer.weight[~mask] = 0.0 # 60-70% sparsity, minimal accuracy loss!
'''

RECOVER = '''
# At initialization
w_init = gen.init_weight(layer_id=0, i=5, j=10, fan_in=784, fan_out=256)
# Weeks later, after training
w_current = trained_layer.weight[5, 10]
# Recover initial value (zero cost)
w_recovered = gen.init_weight(layer_id=0, i=5, j=10, fan_in=784, fan_out=256)
# Exact change
delta = w_current - w_recovered # Precise to machine epsilon!
'''

CHANGES = '''
# Single weight
changed, delta = gen.check_weight_changed(
    current_weight, layer_id, i, j, fan_in, fan_out
)
# Entire layer
stats = gen.analyze_weight_matrix(trained_weights, layer_id)
'''

SCHEMES = '''
W_relu = gen.init_matrix(0, (256, 784), mode="he")
W_tanh = gen.init_matrix(1, (128, 256), mode="xavier")
W_selu = gen.init_matrix(2, (64, 128), mode="lecun")
'''

ORTHOGONAL = '''
# Normal
W_normal = gen.init_matrix(0, (128, 128), mode="he")
cond_normal = np.linalg.cond(W_normal) # ~495
# Orthogonal
W_ortho = gen.init_matrix(1, (128, 128), mode="he", orthogonal=True)
cond_ortho = np.linalg.cond(W_ortho) # ~1
'''

CONVOLUTION = '''
kernel = gen.init_conv_kernel(
    layer_id,
    shape=(64, 32, 3, 3), # (out_ch, in_ch, h, w)
    mode="he"
)
'''

TRANSFORMER = '''
d_model = 512
std = 1.0 / np.sqrt(d_model)
for idx, name in enumerate(['Q', 'K', 'V']):
    W = np.zeros((d_model, d_model))
    for i in range(d_model):
        for j in range(d_model):
            W[i,j] = std * gen.gaussian(idx, i, j)
'''

NETWORK = '''
from deterministic_init import DeterministicNoiseGenerator
gen = DeterministicNoiseGenerator(seed=42)
# Initialize a simple network
layer_configs = [
    (256, 784), # input → hidden
    (128, 256), # hidden → hidden
    (10, 128) # hidden → output
]
weights = {}
for layer_id, (fan_out, fan_in) in enumerate(layer_configs):
    W = gen.init_matrix(layer_id, (fan_out, fan_in), mode="he")
    weights[f"layer_{layer_id}"] = W
'''

NETWORK_ANALYZE = '''
# After training
for layer_id, layer_name in enumerate(weights.keys()):
    stats = gen.analyze_weight_matrix(
        trained_weights[layer_name],
        layer_id,
        mode="he",
        threshold=1e-5
    )
    print(f"{layer_name}:")
    print(f" Active: {stats['changed_weights']:5d} ({stats['changed_percentage']:5.1f}%)")
    print(f" Sleeping: {stats['sleeping_weights']:5d} ({100-stats['changed_percentage']:5.1f}%)")
    print(f" Mean Δ: {stats['mean_delta']:.6f}")
'''

NETWORK_MASKS = '''
# Get masks for all layers
masks = {}
for layer_id, layer_name in enumerate(weights.keys()):
    mask = gen.get_awakened_mask(
        trained_weights[layer_name],
        layer_id,
        threshold=1e-5
    )
    masks[layer_name] = mask
'''

NETWORK_PRUNE = '''
# Prune sleeping weights
for layer_name in weights.keys():
    mask = masks[layer_name]
    trained_weights[layer_name][~mask] = 0.0
    sparsity = (~mask).sum() / mask.size * 100
    print(f"{layer_name}: {sparsity:.1f}% sparsity")
'''

MACHINES = '''
# Generate same weights on different machines
gen1 = DeterministicNoiseGenerator(seed=12345)
W1 = gen1.init_matrix(0, (100, 200), mode="he")
# Later, on different machine
gen2 = DeterministicNoiseGenerator(seed=12345)
W2 = gen2.init_matrix(0, (100, 200), mode="he")
# Guaranteed identical
assert np.allclose(W1, W2) # ✓ True
assert (W1 == W2).all() # ✓ True (bit-exact)
'''

SPEED = '''
import time
gen = DeterministicNoiseGenerator(seed=42)
# Generate 1M weights
start = time.time()
W = gen.init_matrix(0, (1000, 1000), mode="he")
elapsed = time.time() - start
print(f"1M weights in {elapsed*1000:.2f}ms")
'''

# Seed 42, layer 0, he, 10 x 20: the rows and columns that are printed.
TABLE = [[0.960776, 0.273809, 0.253874, 0.063188],
         [-0.280019, -0.300499, -0.373002, -0.000792],
         [-0.626875, 0.343619, -0.583797, 0.326972]]
