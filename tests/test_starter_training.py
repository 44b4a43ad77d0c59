"""The making of the starter model, in the training's own environment: see .ci/run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.jobs import Finished, GenerationRequest, Sampling
from bot.musicgen.engine import Engine
from bot.musicgen.model import load_model

PYTHON = os.environ.get("ZHIYIN_TRAIN_PYTHON", "")
ROOT = Path(__file__).parent.parent
PARTS = ("codec", "language", "decoder")

pytestmark = [
    pytest.mark.skipif(
        not PYTHON,
        reason="needs PyTorch in an environment of its own, named by ZHIYIN_TRAIN_PYTHON",
    ),
    pytest.mark.skipif(
        not shutil.which("fluidsynth"), reason="needs FluidSynth: apt install fluidsynth"
    ),
]

# The codes of a checkpoint under two implementations: what the one in PyTorch makes of them.
_LISTEN = """
import sys
from pathlib import Path
import numpy as np, torch
from bot.starter.training.material import trained_codec
codec, quantizer = trained_codec(Path(sys.argv[1]))
codes = torch.from_numpy(np.load(sys.argv[2]).astype(np.int64))[None]
with torch.no_grad():
    np.save(sys.argv[3], codec.decode(quantizer.decode(codes))[0].numpy())
"""


# Codes at random, then the same again: the mean losses of both halves.
_REPEAT = """
import json, torch
from bot.starter.training.language_network import Language, LanguageSize
from bot.starter.training.repetition import begin_by_repeating
torch.manual_seed(0)
size = LanguageSize(text_tokens=10)
model = Language(size)
begin_by_repeating(model.decoder, size.width, size.heads)
once = torch.randint(size.codes, (2, size.codebooks, 200))
codes = torch.cat([once, once], 2)
words = torch.ones(2, 3, dtype=torch.long)
with torch.no_grad():
    scores, _ = model(codes[..., :-1], words, words > 0, torch.ones(2, dtype=torch.bool))
chances = scores.log_softmax(3).transpose(1, 2)  # [rows, codebooks, steps, codes]
losses = -chances.gather(3, codes[..., 1:, None])[..., 0]
print(json.dumps([losses[..., :195].mean().item(), losses[..., 205:].mean().item()]))
"""

# The largest differences of output and gradients, at a length that is no multiple of a block.
_ATTEND = """
import json, torch
from torch.nn.functional import scaled_dot_product_attention
from bot.starter.training.attention import attend_to_past, attend_to_words
torch.manual_seed(0)
def results(attend, *inputs):
    output = attend(*inputs)
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

# Two hundred draws of two loops, of which one is hard: how often each was drawn; whether the beats
# of the loops are counted down; of foreign music, whether it has no words, and what steps count.
_WINDOWS = """
import json, numpy as np
from bot.starter.training.codes import CodedLoop
from bot.starter.training.vocabulary import learn
from bot.starter.training.windows import NO_TARGET, WindowPlan, Windows
random = np.random.default_rng(0)
laps = [random.integers(1024, size=(4, 160)).astype(np.uint16) for _ in "ab"]
loops = [CodedLoop(lap, lap[:, :8], 0.5, 20, (name,)) for lap, name in zip(laps, "ab")]
plan = WindowPlan(frames=640, lengths=(64, 320), shares=(0.5, 0.5), foreign=(0.0, 0.3))
windows = Windows(loops, [], learn(["a", "b"] * 3, 500), plan)
for _ in range(100):
    windows.learnt(np.array([0, 1]), np.array([0.5, 2.0]))
drawn, counted, wordless, weights = [0, 0], [], [], []
for _ in range(200):
    batch = windows.draw(1024, random)
    for row, loop in enumerate(batch.loops):
        beats = batch.beats[row].numpy()
        if loop >= 0:
            drawn[loop] += 1
            counted.append(bool(((beats[:-1] - beats[1:]) % 20 == 1).all() and beats.max() == 19))
        else:
            assert (beats == NO_TARGET).all()
            wordless.append(bool(batch.dropped[row]))
            wanted = batch.targets[row, 0].numpy()
            first = int((wanted == NO_TARGET).argmin())
            weights.append([batch.weights[row, n].item() for n in (first, first + 99, first + 100)])
print(json.dumps([drawn, all(counted), wordless, weights]))
"""

# Windows of foreign music by what the plan allows; of each where its frames are from in the piece
# of 400 frames, -1 if from nowhere, which of them are asked, from where on, and how many frames
# later what is heard comes again, or whether what was heard till then does.
_FOREIGN = """
import json, numpy as np
from bot.starter.training.codes import CodedLoop, CodedPiece
from bot.starter.training.foreign import Foreign, ForeignPlan
random = np.random.default_rng(0)
lap, codes = (np.stack([random.permutation(1024)[:n] for _ in range(4)]) for n in (160, 400))
loops = [CodedLoop(lap.astype(np.uint16), lap[:, :8], 1.0, 20, ("a",))]
pieces = [CodedPiece(codes.astype(np.uint16), 40)]
plans = {
    "goes on": ForeignPlan(pieces=1.0, recoded=0.0, leaping=0.0),
    "leaps": ForeignPlan(pieces=1.0, recoded=0.0, leaping=1.0),
    "recoded": ForeignPlan(pieces=1.0, recoded=1.0, leaping=0.0),
    "again": ForeignPlan(pieces=0.0, recoded=0.0),
}
drawn = {}
for name, plan in plans.items():
    drawn[name] = []
    for _ in range(40):
        window = Foreign(loops, pieces, plan).draw(640, 1024, random)
        assert window.codes.shape == (4, 640)
        known = {tuple(column): place for place, column in enumerate(codes.T)}
        places = [known.get(tuple(column), -1) for column in window.codes.T]
        ago = [n for n in range(1, 321) if (window.codes[:, -100:] ==
                                            window.codes[:, -100 - n:640 - n]).all()]
        if name == "again":
            ago = [bool((window.codes[:, window.seam:] == window.codes[:, :-window.seam]).all())]
        drawn[name].append([places, window.is_asked.tolist(), window.seam, ago[:1]])
print(json.dumps(drawn))
"""

# How many bars of 40 frames come again where the last one is as new, or as so many bars ago.
_LAPS = """
import json, numpy as np
from bot.starter.training.foreign import lap_frames
bars = [np.random.default_rng(n).integers(1024, size=(4, 40)) for n in range(9)]
print(json.dumps([lap_frames(np.concatenate([bars[n] for n in order], axis=1), 40)
                  for order in ((0, 1, 2, 3, 4), (0, 1), (0,), (0, 1, 2, 2), (0, 1, 2, 3, 2, 3))]))
"""

# What is heard and wanted of the first codebook where everything strays, of two loops with words.
_STRAYED = """
import json, numpy as np
from bot.starter.training.codes import CodedLoop
from bot.starter.training.mistakes import MistakePlan
from bot.starter.training.vocabulary import learn
from bot.starter.training.windows import WindowPlan, Windows
random = np.random.default_rng(0)
laps = [random.integers(1024, size=(4, 100)).astype(np.uint16) for _ in "ab"]
loops = [CodedLoop(lap, lap[:, :8], 0.5, 20, (name,)) for lap, name in zip(laps, "ab")]
plan = WindowPlan(frames=640, lengths=(64, 320), shares=(0.5, 0.5), foreign=(0.0, 0.0),
                  mistakes=MistakePlan(strayed_rows=1.0, wrong_codes=(0.0,), wrong_shares=(1.0,)),
                  dropped_text=0.0)
windows = Windows(loops, [], learn(["a", "b"] * 3, 500), plan)
rows = []
for _ in range(40):
    batch = windows.draw(1024, random)
    for row, loop in enumerate(batch.loops):
        frames = batch.beats.shape[1]
        wanted, heard = batch.targets[row, 0, :frames].numpy(), batch.tokens[row, 0, 1:].numpy()
        own = np.tile(laps[loop][0], 5)
        is_own = any((own[n:n + frames] == wanted).all() for n in range(100))
        astray = np.flatnonzero(wanted[:len(heard)] != heard[:frames]).tolist()
        first, last = (astray[0], astray[-1] + 1) if astray else (0, 0)
        rows.append([is_own, first, last, len(astray), frames, float(batch.weights[row, 0])])
print(json.dumps(rows))
"""

# Where each of some rows is stuck, from and to, and how many of the last codes it repeats there.
_STUCK = """
import json, numpy as np
from bot.starter.training.codes import CodedLoop
from bot.starter.training.mistakes import MistakePlan, Mistakes
random = np.random.default_rng(0)
lap = random.integers(1024, size=(4, 100)).astype(np.uint16)
plan = MistakePlan(strayed_rows=1.0, strayed_from_the_start=0.0, stuck=1.0, wrong_codes=(0.0,),
                   wrong_shares=(1.0,))
pattern = random.integers(1024, size=(60, 4, 400))
mistakes = Mistakes([CodedLoop(lap, lap[:, :8], 1.0, 20, ("a",))], plan)
heard = mistakes.among(pattern, np.zeros(60, int), 1024, random)
rows = []
for before, after in zip(pattern, heard):
    astray = np.flatnonzero((before != after).any(0))
    first, stop = int(astray[0]), int(astray[-1]) + 1
    few = [n for n in range(1, min(first, 24) + 1)
           if (after[:, first:stop] == after[:, first - n:stop - n]).all()]
    rows.append([first, stop, few[:1]])
print(json.dumps(rows))
"""


def command(folder, *options):
    """Return the command that trains in a folder, with a minute of sound for each part."""
    words = [PYTHON, "-m", "bot.starter.train", "--folder", str(folder / "work"), "--cores", "1"]
    words += ["--checkpoint", str(folder / "checkpoint")]
    words += ["--codec-pieces", "2", "--loops", "4", "--told-pieces", "2"]
    return [*words, *options]


def train(folder, *options):
    subprocess.run(command(folder, *options), check=True, cwd=ROOT)


def minutes(each, parts=(*PARTS, "text")):
    return [word for part in parts for word in (f"--{part}-minutes", each)]


def steps(folder, part):
    state = "import sys, torch; print(torch.load(sys.argv[1])['step'])"
    file = folder / "work" / f"{part}.pt"
    return int(subprocess.check_output([PYTHON, "-c", state, str(file)]))


def finish(engine, request):
    engine.submit(request)
    events = []
    while engine.busy:
        events += engine.step()
    return [event for event in events if isinstance(event, Finished)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starter")
    train(folder, *minutes("0.2"))
    return folder


def test_a_minute_of_sound_makes_a_model_that_the_engine_plays(trained, tmp_path):
    """A few steps of training give a checkpoint that the product's own loader takes."""
    model = load_model(trained / "checkpoint", requests=1, cache=tmp_path, threads=1)
    engine = Engine(model, max_seconds=10)
    [done] = finish(engine, GenerationRequest(seconds=1, seed=1, prompt="techno, 120 bpm"))
    assert done.sound.samples.shape == (1, 32_000)
    assert np.isfinite(done.sound.samples).all()


def test_the_product_hears_what_the_training_heard(trained, tmp_path):
    """Codes sound the same in the training's codec and in the product's, but for fp16."""
    model = load_model(trained / "checkpoint", requests=1, cache=tmp_path, threads=1)
    engine = Engine(model, max_seconds=10)
    request = GenerationRequest(seconds=2, seed=3, sampling=Sampling(guidance=1.0))
    [done] = finish(engine, request)
    np.save(tmp_path / "codes.npy", done.tokens)
    files = [str(trained / "work"), str(tmp_path / "codes.npy"), str(tmp_path / "sound.npy")]
    subprocess.run([PYTHON, "-c", _LISTEN, *files], check=True, cwd=ROOT)
    heard = np.load(tmp_path / "sound.npy")
    size = np.abs(heard).max()
    np.testing.assert_allclose(done.sound.samples[0], heard, atol=0.02 * size)


def test_a_stopped_training_goes_on(trained, tmp_path):
    """More minutes for the same folder add steps to those already made."""
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    before = {part: steps(copy, part) for part in PARTS}
    train(copy, *minutes("0.2"), *minutes("0.3", ("language", "decoder")))
    for folder in ("codes", "pieces"):
        shutil.rmtree(copy / "work" / folder)
    train(copy, *minutes("0.3", ("codec",)), "--stage", "codec")
    for part, made in before.items():
        assert made > 0
        assert steps(copy, part) > made
        lines = (copy / "work" / f"{part}.log").read_text().splitlines()
        assert all("step" in json.loads(line) for line in lines)


def test_a_codec_whose_codes_are_in_use_stays(trained):
    """To train it on would change what the codes mean: that is refused in a sentence."""
    before = steps(trained, "codec")
    asked = command(trained, *minutes("5"), "--stage", "codec")
    refused = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "leave out the stage codec" in refused.stderr
    assert steps(trained, "codec") == before


def test_a_decoder_begins_by_repeating():
    """Before any training, codes that come back are foretold far better than new ones."""
    first, second = json.loads(subprocess.check_output([PYTHON, "-c", _REPEAT], cwd=ROOT))
    assert first > 6
    assert second < first - 2


@pytest.fixture(scope="module")
def drawn():
    return json.loads(subprocess.check_output([PYTHON, "-c", _WINDOWS], cwd=ROOT))


@pytest.fixture(scope="module")
def foreign():
    return json.loads(subprocess.check_output([PYTHON, "-c", _FOREIGN], cwd=ROOT))


def test_what_is_hard_is_heard_more_often(drawn):
    """Of two loops the harder one is drawn more, the easy one still is; both have their beats."""
    (easy, hard), are_counted, _, _ = drawn
    assert easy > 100
    assert 2 * easy < hard < 8 * easy
    assert are_counted


def test_foreign_music_has_no_words_and_its_first_steps_count_most(drawn):
    """There the beat is lost, or kept."""
    _, _, wordless, weights = drawn
    assert len(wordless) > 20
    assert all(wordless)
    assert weights == [[3.0, 3.0, 1.0]] * len(weights)


def test_a_piece_goes_on_with_its_last_bars(foreign):
    """It is heard as it is, and then its last whole bars again and again, which is asked for."""
    for places, is_asked, seam, _ in foreign["goes on"]:
        heard, then = places[:seam], places[seam:]
        assert heard == list(range(heard[0], heard[0] + seam))
        lap = heard[-1] + 1 - then[0]
        assert lap in (40, 80, 160)
        assert then == [heard[-lap:][n % lap] for n in range(len(then))]
        assert is_asked == [n >= seam for n in range(640)]


def test_a_piece_that_leaps_is_gone_on_with_from_wherever_it_went(foreign):
    """To the same part of another bar; the first moments after a leap are not asked for."""
    unasked = 0
    for places, is_asked, seam, _ in foreign["leaps"]:
        steps = np.diff(places[seam:])
        assert np.all(steps % 40 == 1)
        leaps = np.flatnonzero(~np.array(is_asked[seam:]))
        unasked += len(leaps)
        # What is asked follows what was just heard, but where the piece itself is over.
        over = max(places)
        asked = [n for n in range(1, 640 - seam) if is_asked[seam + n] and steps[n - 1] != 1]
        assert all(places[seam + n - 1] == over for n in asked)
    assert unasked > 40


def test_codes_that_stand_for_others_come_again_as_well(foreign):
    """Nothing but what was heard tells how it goes on."""
    assert all(set(places) == {-1} for places, *_ in foreign["recoded"])
    assert all(ago and ago[0] % 40 == 0 for *_, ago in foreign["recoded"])


def test_what_comes_again_is_asked_for_once_it_is_known(foreign):
    """A stretch of loops, from its second time on."""
    for places, is_asked, seam, comes_again in foreign["again"]:
        assert set(places) == {-1}
        assert is_asked == [n >= seam for n in range(640)]
        assert comes_again == [True]


def test_as_many_bars_come_again_as_the_last_one_was_heard_ago():
    """Where none was heard before, as many as there are."""
    laps = json.loads(subprocess.check_output([PYTHON, "-c", _LAPS], cwd=ROOT))
    assert laps == [160, 80, 40, 40, 80]


def test_what_is_wanted_stays_where_what_is_heard_strays():
    """A stretch is heard of another loop, or too early or late; wanted is the loop asked for."""
    rows = json.loads(subprocess.check_output([PYTHON, "-c", _STRAYED], cwd=ROOT))
    assert all(is_own for is_own, *_ in rows)
    astray = [row for row in rows if row[3]]
    assert len(astray) > len(rows) / 2
    assert all(count > 0.9 * (last - first) for _, first, last, count, *_ in astray)
    assert any(first == 0 for _, first, *_ in astray)
    assert any(last - first > 30 for _, first, last, *_ in astray)
    assert all(last - first < 40 for _, first, last, *_ in astray)


def test_some_of_what_is_heard_is_stuck():
    """A model left alone likes to hold its last tones: what is wanted then goes on all the same."""
    rows = json.loads(subprocess.check_output([PYTHON, "-c", _STUCK], cwd=ROOT))
    stuck = [row for row in rows if row[0] > 24]
    assert len(stuck) > 40
    assert all(few for *_, few in stuck)
    assert len({tuple(few) for *_, few in stuck}) > 10


def test_where_a_clip_begins_counts_most():
    """The first code decides which loop it will be; in the middle of a loop none does."""
    rows = json.loads(subprocess.check_output([PYTHON, "-c", _STRAYED], cwd=ROOT))
    assert {weight for *_, frames, weight in rows if frames == 64} == {21.0}
    assert {weight for *_, frames, weight in rows if frames == 320} == {1.0, 21.0}


def test_attention_is_pytorchs_own():
    """Attention for training gives PyTorch's own output and gradients."""
    for error in json.loads(subprocess.check_output([PYTHON, "-c", _ATTEND], cwd=ROOT)):
        assert error < 1e-4


def test_a_training_goes_on_from_a_checkpoint(trained, tmp_path):
    """Weights read from a checkpoint and written again are the same ones."""
    first, again = trained / "checkpoint", tmp_path / "again"
    options = ["--folder", str(tmp_path / "work"), "--checkpoint", str(again), "--cores", "1"]
    options += ["--go-on-from", str(first), "--stage", "export"]
    subprocess.run([PYTHON, "-m", "bot.starter.train", *options], check=True, cwd=ROOT)
    before, after = (load_file(folder / "model.safetensors") for folder in (first, again))
    assert before.keys() == after.keys()
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, rtol=2e-3, atol=1e-6, err_msg=name)
    tokenizers = [(folder / "tokenizer.json").read_text() for folder in (first, again)]
    assert json.loads(tokenizers[0]) == json.loads(tokenizers[1])
