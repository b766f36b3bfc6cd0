"""detinit.torch.transformers: real architectures beside transformers' own initialization, and the program's bits."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from torch_models import by_program, needs_program, nn, same_bits, state, torch  # noqa: E402

transformers = pytest.importorskip("transformers")

import detinit  # noqa: E402
import detinit.torch as dt  # noqa: E402
import detinit.torch.transformers as dtt  # noqa: E402


def gpt2():
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(
        n_layer=3, n_head=4, n_embd=64, vocab_size=500, n_positions=60, initializer_range=0.03, bos_token_id=0,
        eos_token_id=0))


def llama():
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        hidden_size=64, intermediate_size=160, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=500, pad_token_id=3))


def vit():
    return transformers.ViTForImageClassification(transformers.ViTConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, image_size=32,
        patch_size=8))


def bert():
    return transformers.BertForMaskedLM(transformers.BertConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, vocab_size=500,
        max_position_embeddings=60, pad_token_id=2))


def resnet():
    return transformers.ResNetForImageClassification(transformers.ResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic",
        num_labels=100))


MODELS = [gpt2, llama, vit, bert, resnet]


@pytest.mark.parametrize("make", MODELS)
def test_distributions_are_the_architectures_own(make):
    """All values are theirs where they are constant; std and extremes, within what chance allows, where not."""
    torch.manual_seed(0)
    model = make()
    theirs = state(model)
    manifest = dtt.init_weights_(model, seed=1)
    assert list(manifest) == list(theirs)
    for name, ours in state(model).items():
        other = theirs[name]
        if other.min() == other.max():
            assert same_bits(ours, other), name
            continue
        share = 6 / math.sqrt(2 * other.numel())
        assert float(ours.std()) == pytest.approx(float(other.std()), rel=2 * share + 0.01), name
        assert manifest[name].std == pytest.approx(float(other.std()), rel=share + 0.01), name
        assert other.numel() < 200 or 0.6 < float(ours.abs().max() / other.abs().max()) < 1.7, name
        assert ((ours == 0).reshape(len(ours), -1).all(1) == (other == 0).reshape(len(other), -1).all(1)).all(), name


@needs_program
@pytest.mark.parametrize("make", MODELS)
def test_program_makes_the_same(make, tmp_path):
    model = make()
    made = by_program(dtt.init_weights_(model, seed=1), tmp_path)
    held = state(model)
    assert set(made) == set(held) and all(same_bits(made[name], held[name]) for name in made)


@pytest.mark.parametrize("make", MODELS)
def test_from_the_meta_device(make):
    plain = make()
    with torch.device("meta"):
        model = make()
    manifest = dt.materialize_(model, 1, "transformers")
    assert dtt.init_weights_(plain, 1) == manifest
    for (name, ours), other in zip(state(model).items(), state(plain).values()):
        assert same_bits(ours, other), name
    assert {name for name, _ in model.named_buffers()} == {name for name, _ in plain.named_buffers()}
    for name, buffer in plain.named_buffers():
        assert same_bits(model.get_buffer(name), buffer), name
    if model.get_output_embeddings() is not None and model.config.tie_word_embeddings:
        assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_residual_projections_of_gpt2():
    manifest = dtt.init_weights_(gpt2())
    assert manifest["transformer.h.1.attn.c_proj.weight"].std == pytest.approx(0.03 / math.sqrt(6), rel=1e-12)
    assert manifest["transformer.h.1.mlp.c_proj.weight"].std == pytest.approx(0.03 / math.sqrt(6), rel=1e-12)
    assert manifest["transformer.h.1.mlp.c_fc.weight"].std == 0.03


def test_padding_row():
    model = llama()
    manifest = dtt.init_weights_(model)
    assert manifest["model.embed_tokens.weight"].fields()["zero_row"] == 3
    assert (model.model.embed_tokens.weight[3] == 0).all() and not (model.lm_head.weight[3] == 0).all()


def test_rules_and_wrappers():
    model = torch.compile(gpt2())
    manifest = dtt.init_weights_(model, rules={"*.wpe.weight": {"mode": "normal", "std": 0.01}})
    assert manifest["transformer.wpe.weight"].std == 0.01


def test_a_model_inside_another():
    model = nn.ModuleDict({"body": gpt2(), "head": nn.Linear(64, 3)})
    manifest = dtt.init_weights_(model)
    assert manifest["head.weight"].mode == "torch" and manifest["body.transformer.wte.weight"].std == 0.03


def test_nothing_is_left_patched_or_changed():
    model = gpt2()
    before, normal_ = state(model), nn.init.normal_
    model.transformer.h[0].attn.c_attn.weight._is_hf_initialized = True
    dt.plan(model, policy="transformers")
    assert nn.init.normal_ is normal_ and model.transformer.h[0].attn.c_attn.weight._is_hf_initialized
    assert all(same_bits(now, before[name]) for name, now in state(model).items())
    assert 0.02 < float(gpt2().transformer.wte.weight.detach().std()) < 0.04


class Scaled(transformers.GPT2Model):
    """As code from elsewhere does it: by methods, and by what no recipe can say."""

    def _init_weights(self, module):
        if isinstance(module, nn.Embedding):
            module.weight.data.normal_(mean=0.0, std=0.5)
            module.weight.data[4].zero_()
        elif isinstance(module, nn.LayerNorm):
            module.weight.data.fill_(2.0)
            module.bias.data.zero_()
        elif hasattr(module, "nf"):
            nn.init.uniform_(module.weight, -0.1, 0.1)
            module.bias.data.zero_()
            if self.scales:
                module.weight.data.mul_(0.5)

    scales = False


def test_methods_and_what_no_recipe_can_say():
    model = Scaled(gpt2().config)
    manifest = dtt.init_weights_(model)
    assert manifest["wte.weight"].std == 0.5
    assert manifest["wte.weight"].fields()["zero_row"] == 4
    assert manifest["h.0.ln_1.weight"].fields()["value"] == 2
    assert manifest["h.0.mlp.c_fc.weight"].std == pytest.approx(0.1 / math.sqrt(3), rel=1e-12)
    model.scales = True
    before = state(model)
    with pytest.raises(detinit.InvalidError, match=r"_init_weights sets h\.0\.\S+ by mul_, .*rules="):
        dtt.init_weights_(model)
    assert all(same_bits(now, before[name]) for name, now in state(model).items())
    dtt.init_weights_(model, rules={"*.c_*.weight": {"mode": "normal", "std": 0.02, "fan_in": "rows"}})


# ------------------------------------------------------------ patch


def test_patched_class():
    plain = gpt2()
    manifest = dtt.init_weights_(plain, seed=3)
    with dtt.patch(transformers.GPT2LMHeadModel, seed=3):
        model = gpt2()
    assert list(manifest) == list(state(model))
    assert all(same_bits(now, state(plain)[name]) for name, now in state(model).items())
    assert not any(hasattr(parameter, "_is_hf_initialized") for parameter in model.parameters())
    torch.manual_seed(1)
    assert not same_bits(gpt2().transformer.wte.weight, plain.transformer.wte.weight)


def test_patched_from_pretrained_sets_what_is_missing(tmp_path):
    config = vit().config
    body = transformers.ViTModel(config, add_pooling_layer=False)
    body.save_pretrained(tmp_path)
    with dtt.patch(transformers.PreTrainedModel, seed=3):
        model = transformers.ViTForImageClassification.from_pretrained(tmp_path)
    assert all(same_bits(now, state(body)[name]) for name, now in state(model.vit).items())
    head = detinit.Recipe((2, 64), "normal", std=0.02, seed=3, layer="name", name="classifier.weight", dtype="float32")
    assert same_bits(model.classifier.weight.detach(), torch.from_numpy(head.array()))


def test_patch_of_no_model():
    with pytest.raises(detinit.InvalidError, match="Linear has no initialize_weights: a PreTrainedModel"):
        with dtt.patch(nn.Linear):
            pass
