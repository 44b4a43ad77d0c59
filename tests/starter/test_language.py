"""The starter's language model in training: its code tables and its initialization."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bot.starter.training.data.code_factors import factors_of
from bot.starter.training.data.codebooks import BOOKS, CODES
from tests.support.training_environment import needs_training, run_script

# Random codes with meanings, followed by the same codes: the mean losses of both halves.
_REPEAT = """
import json, torch
from torch.nn.functional import linear
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.induction_init import init_induction_heads
from bot.starter.training.data.windows import START, apply_delay_pattern
torch.manual_seed(0)
size = LanguageSize(text_tokens=10)
model = Language(size)
init_induction_heads(model.decoder, size.width, size.heads)
once = torch.randint(1, 300, (2, size.codebooks, 200))
codes = apply_delay_pattern(torch.cat([once, once], 2), START)
words = torch.ones(2, 3, dtype=torch.long)
with torch.no_grad():
    states = model(codes[..., :-1], words, words > 0, torch.ones(2, dtype=torch.bool))
    scores = torch.stack([linear(states, head()) for head in model.decoder.heads], 1)
wanted = codes[..., 1:].clamp(max=size.codes - 1)
losses = -scores.log_softmax(3).gather(3, wanted[..., None])[..., 0]
print(json.dumps([losses[..., 10:195].mean().item(), losses[..., 215:395].mean().item()]))
"""

# The largest differences of output and gradients, at a length that is no multiple of a block.
_ATTEND = """
import json, torch
from torch.nn.functional import scaled_dot_product_attention
from bot.starter.training.language.attention import attend_to_past, attend_to_words
torch.manual_seed(0)
def results(analyse_clip, *inputs):
    output = analyse_clip(*inputs)
    weights = torch.sin(torch.arange(output.numel())).view_as(output)
    return [output, *torch.autograd.grad((output * weights).sum(), inputs)]
query, key, value = (torch.randn(2, 3, 300, 16, requires_grad=True) for _ in range(3))
pairs = [results(attend_to_past, query, key, value),
         results(lambda *x: scaled_dot_product_attention(*x, is_causal=True), query, key, value)]
mask = torch.rand(2, 1, 1, 7) < 0.6
mask[..., 0] = True
key, value = (torch.randn(2, 3, 7, 16, requires_grad=True) for _ in range(2))
words = [results(lambda *x: attend_to_words(*x, mask), query, key, value),
         results(lambda *x: scaled_dot_product_attention(*x, attn_mask=mask), query, key, value)]
both = [*zip(*pairs), *zip(*words)]
print(json.dumps([(ours - theirs).abs().max().item() for ours, theirs in both]))
"""

# How often each parameter is trained, and which of them Muon trains.
_TRAINED = """
import json
from collections import Counter
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.optimizers import Rates, optimizers_of
model = Language(LanguageSize(text_tokens=10))
names = {id(parameter): name for name, parameter in model.named_parameters()}
parts = [[names[id(p)] for group in optimizer.param_groups for p in group["params"]]
         for optimizer in optimizers_of(model, Rates())]
times = Counter(name for part in parts for name in part)
print(json.dumps([[times[name] for name in names.values()], parts[0]]))
"""

# Which parameters are trained when only the text encoding is.
_WORDS_ALONE = """
import json
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.optimizers import Rates, optimizers_of, train_words_alone
model = Language(LanguageSize(text_tokens=10))
train_words_alone(model)
names = {id(parameter): name for name, parameter in model.named_parameters()}
print(json.dumps(sorted(names[id(p)] for optimizer in optimizers_of(model, Rates())
                        for group in optimizer.param_groups for p in group["params"])))
"""

# How far a step of training moves the vector of a code, of a related one, and of an unrelated one.
_KIN = """
import json, torch
from bot.starter.training.language.network import CodeTable
from bot.starter.training.data.codebooks import LEAD, LEAD_CODES, CODES
torch.manual_seed(0)
table = CodeTable(LEAD, CODES, 32, 0.02)
low, high, other = (LEAD_CODES.code(LEAD_CODES.state(*each), 0)
                    for each in (("flute", 72), ("flute", 84), ("banjo", 67)))
before = table().detach().clone()
loss = -(table()[low] * torch.ones(32)).sum()
loss.backward()
with torch.no_grad():
    for parameter in table.parameters():
        parameter -= 0.1 * parameter.grad
    moved = (table() - before).sum(1)
print(json.dumps([moved[code].item() for code in (low, high, other)]))
"""

# Which frames are undecided: after a start, after silence, and the first note with what follows.
_UNDECIDED = """
import json, torch
from bot.starter.training.data.windows import START
from bot.starter.training.language.code_losses import is_undecided
tokens = torch.tensor([[START, 0, 0, 7, 7, 0], [9, 0, 0, 0, 0, 0], [START, 0, 0, 0, 0, 0]])
print(json.dumps(is_undecided(tokens).tolist()))
"""


# The losses of the codebooks, weighted: of all frames, and the mean over samples of them.
_SAMPLED = """
import json, torch
from bot.starter.training.data.windows import Batch, NO_TARGET, START, apply_delay_pattern
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.code_losses import LossSettings, code_losses
size = LanguageSize(text_tokens=3)
heads = Language(size).decoder.heads
torch.manual_seed(1)
codes = torch.randint(1, 300, (4, 8, 40)) * (torch.arange(40) > 12)
words = torch.ones(4, 2, dtype=torch.long)
batch = Batch(tokens=apply_delay_pattern(codes, START)[..., :-1], words=words, mask=words > 0,
              targets=apply_delay_pattern(codes, NO_TARGET)[..., 1:],
              dropped=torch.zeros(4, dtype=torch.bool))
states = torch.randn(4, 47, size.width)
random, found = torch.Generator().manual_seed(0), []
for share, draws in ((1.0, 1), (0.25, 60)):
    settings = LossSettings(decided_share=share)
    with torch.no_grad():
        sums = [code_losses(heads, states, batch, settings, random).sum() for _ in range(draws)]
    found.append(torch.stack(sums).mean().item())
print(json.dumps(found))
"""

# A parameter that is 1, 2, 3 and 4 after four steps: its average after each.
_AVERAGED = """
import json, tempfile, torch
from pathlib import Path
from bot.starter.training.data import vocabulary
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.trainer import LanguageSettings, LanguageTrainer
folder, tokenizer = Path(tempfile.mkdtemp()), vocabulary.of_pieces(["<pad>", "</s>", "<unk>"])
text = Language(LanguageSize(text_tokens=3))
torch.save({"text": text.text.state_dict(), "projection": text.projection.state_dict()},
           folder / "text.pt")
plan = LanguageSettings(minutes=1, average_power=2.0)
trainer = LanguageTrainer(plan, folder, tokenizer, torch.device("cpu"))
found = []
for value in (1.0, 2.0, 3.0, 4.0):
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(value)
    trainer.average.update_parameters(trainer.model)
    found.append(next(trainer.average.module.parameters()).mean().item())
trainer.save()
again = LanguageTrainer(plan, folder, tokenizer, torch.device("cpu"))
found.append(next(again.average.module.parameters()).mean().item())
print(json.dumps(found))
"""

# The step, the seconds and the weight of a training that goes on from one of other parameters.
_OTHER_PARAMETERS = """
import json, tempfile, torch
from dataclasses import replace
from pathlib import Path
from bot.starter.training.data import vocabulary
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.trainer import LanguageSettings, LanguageTrainer
folder, tokenizer = Path(tempfile.mkdtemp()), vocabulary.of_pieces(["<pad>", "</s>", "<unk>"])
text = Language(LanguageSize(text_tokens=3))
torch.save({"text": text.text.state_dict(), "projection": text.projection.state_dict()},
           folder / "text.pt")
plan = LanguageSettings(minutes=1, layers=2)
trainer = LanguageTrainer(plan, folder, tokenizer, torch.device("cpu"))
trainer.step, trainer.seconds_used, trainer.pieces = 40, 60.0, 300
with torch.no_grad():
    trainer.model.projection.bias.fill_(2.0)
trainer.save()
found = []
for words_alone in (False, True):
    again = LanguageTrainer(replace(plan, words_alone=words_alone), folder, tokenizer,
                            torch.device("cpu"))
    found.append([again.step, again.seconds_used, again.pieces, len(again.optimizers),
                  again.model.projection.bias.mean().item(), int(again.average.n_averaged)])
print(json.dumps(found))
"""

# Whether processors with AVX-512, with AMX and with neither multiply bfloat16; then, of this one,
# whether it is used where it is multiplied.
_PRECISION = """
import json, torch
from bot.starter.training.mixed_precision import mixed_precision, multiplies_bfloat16
kinds = ({"avx512_bf16": True}, {"avx512_bf16": False, "amx_bf16": True}, {"avx2": True})
with mixed_precision(torch.device("cpu")):
    is_used = torch.is_autocast_enabled("cpu")
is_here = multiplies_bfloat16(torch.cpu.get_capabilities())
print(json.dumps([*map(multiplies_bfloat16, kinds), is_used == is_here]))
"""


@pytest.mark.parametrize("book", range(len(BOOKS)), ids=BOOKS)
def test_codes_that_mean_something_differ_in_their_factors(book):
    """The factors of each code are unique; codes without meaning have those of silence."""
    factors = factors_of(book)
    assert factors.shape[0] == CODES + 1
    rows = Counter(row.tobytes() for row in factors)
    assert rows[factors[CODES].tobytes()] == 1
    (_, most), *others = rows.most_common()
    assert rows[factors[0].tobytes()] == most
    assert {count for _, count in others} == {1}


@needs_training
def test_what_is_learnt_of_a_code_holds_for_its_kin():
    """A note of the same instrument and pitch class moves along more than an unrelated one."""
    own, kin, other = json.loads(run_script(_KIN))
    assert own > kin > 2 * other > 0


@needs_training
def test_a_decoder_begins_by_repeating():
    """Before training, repeated codes are predicted far better than new ones."""
    first, second = json.loads(run_script(_REPEAT))
    assert first > 6
    assert second < first - 2


@needs_training
def test_attention_is_pytorchs_own():
    """The training's attention has PyTorch's output and gradients."""
    for error in json.loads(run_script(_ATTEND)):
        assert error < 1e-4


@needs_training
def test_every_parameter_is_trained_once():
    """Muon trains only the decoder's hidden matrices: no tables, norms or text parameters."""
    times, by_muon = json.loads(run_script(_TRAINED))
    assert set(times) == {1}
    assert by_muon
    assert all(name.startswith("decoder.layers.") for name in by_muon)
    assert not [name for name in by_muon if "norm" in name or "encoder_attn" in name]


@needs_training
def test_the_reading_of_texts_can_be_trained_alone():
    """Text encoder, projection and cross attention are trained, and nothing else."""
    trained = json.loads(run_script(_WORDS_ALONE))
    parts = {name.split(".")[0] for name in trained}
    assert parts == {"text", "projection", "decoder"}
    assert all("encoder_attn" in name for name in trained if name.startswith("decoder"))


@needs_training
def test_a_codebook_is_undecided_until_it_has_said_something():
    """Up to and with its first note; after a prompt with notes nothing is undecided."""
    assert json.loads(run_script(_UNDECIDED)) == [
        [True, True, True, False, False, False],
        [False] * 6,
        [True] * 6,
    ]


@needs_training
def test_a_sample_of_decided_frames_stands_for_all():
    """With a quarter of them asked, the mean loss over many draws is that of all frames."""
    whole, sampled = json.loads(run_script(_SAMPLED))
    assert sampled == pytest.approx(whole, rel=0.02)


@needs_training
def test_later_steps_count_for_more_in_the_average():
    """With the power 2 the shares grow as the square of the step; a stopped run goes on with it."""
    averages = json.loads(run_script(_AVERAGED))
    assert averages == pytest.approx([1, 1.75, 2.5, 3.25, 3.25])


@needs_training
def test_other_parameters_are_trained_from_the_same_weights_with_a_budget_of_their_own():
    """Training words alone after a whole training takes its weights, and no piece twice."""
    same, other = json.loads(run_script(_OTHER_PARAMETERS))
    assert same[:3] == [40, 60, 300]
    assert other[:3] == [0, 0, 300]
    assert same[4] == other[4] == 2
    assert other[5] == 0


@needs_training
def test_bfloat16_is_used_where_the_processor_multiplies_it():
    """Elsewhere a model trains in fp32, which is many times as fast as imitating bfloat16."""
    assert json.loads(run_script(_PRECISION)) == [True, True, False, True]
