"""A training that learns, without guidance, to begin as its teacher begins with guidance."""

from __future__ import annotations

import json

from tests.support.training_environment import needs_training, run_script

# What both scripts begin with: pieces that are silent for 13 frames, and a small model.
_SETUP = """
import json, tempfile, torch
from pathlib import Path
from torch.nn.functional import linear
from bot.starter.training.data import vocabulary
from bot.starter.training.data.windows import Batch, NO_TARGET, START, apply_delay_pattern
from bot.starter.training.language.code_losses import LossSettings, code_losses, is_undecided
from bot.starter.training.language.guidance_teacher import GuidanceTeacher
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.trainer import LanguageSettings, LanguageTrainer
torch.manual_seed(1)
size = LanguageSize(text_tokens=3, layers=2)
codes = torch.randint(1, 300, (4, 8, 40)) * (torch.arange(40) > 12)
words = torch.ones(4, 2, dtype=torch.long)
batch = Batch(tokens=apply_delay_pattern(codes, START)[..., :-1], words=words, mask=words > 0,
              targets=apply_delay_pattern(codes, NO_TARGET)[..., 1:],
              dropped=torch.tensor([False, False, False, True]))
def model(seed):
    torch.manual_seed(seed)
    made = Language(size)
    with torch.no_grad():
        for head in made.decoder.heads:
            head.shared.mul_(10)
    return made
"""

# For each pitched codebook: how far targets are from guided guesses and from the model's own, where
# nothing has been said yet; and from its own elsewhere, and in a row without a text.
_TARGETS = f"""
{_SETUP}
teacher = GuidanceTeacher(model(0), 2.0)
teacher_states, found = teacher.teach(batch), []
with torch.no_grad():
    own = teacher.model(batch.tokens, batch.words, batch.mask, batch.dropped)
    bare = teacher.model(batch.tokens, batch.words, batch.mask, torch.ones(4, dtype=torch.bool))
for book, head in enumerate(teacher.model.decoder.heads):
    if not teacher_states.teaches_beginnings(book):
        continue
    steps = slice(book, book + 40)
    undecided = is_undecided(batch.tokens[:, book, steps])
    everywhere = torch.ones(160, dtype=torch.bool)
    targets = teacher_states.targets(book, everywhere, undecided.flatten(), steps).view(4, 40, -1)
    plain, none = (linear(states[:, steps], head()) for states in (own, bare))
    guided = (none + 2 * (plain - none)).softmax(2)
    plain, texts = plain.softmax(2), undecided & ~batch.dropped[:, None]
    gap = lambda to, where: (targets - to).abs().sum(2)[where].mean().item()
    found.append([gap(guided, texts), gap(plain, texts), gap(plain, ~undecided),
                  gap(plain, undecided & batch.dropped[:, None])])
print(json.dumps(found))
"""

# The largest gradient of a student that says what its teacher says, by the teacher alone and with a
# share of the codes: in the pitched codebooks, in the others, and in these once all have begun.
_LEARNS = f"""
{_SETUP}
found = []
for share in (0.0, 0.3):
    teacher = GuidanceTeacher(model(0), 1.0)
    teacher_states = teacher.teach(batch)
    settings = LossSettings(codes_share=share)
    heads = teacher.model.decoder.heads
    for books, begun in ((slice(3, 8), 0), (slice(0, 3), 0), (slice(0, 3), 13 + 3)):
        states = teacher_states.conditional.clone().requires_grad_()
        random = torch.Generator().manual_seed(0)
        losses = code_losses(heads, states, batch, settings, random, teacher_states)
        losses[books].sum().backward()
        found.append(states.grad[:, begun:].abs().max().item())
print(json.dumps(found))
"""

# A training that stopped: how far its teacher is from what it began with, and its student is.
_RESUMED = f"""
{_SETUP}
folder, tokenizer = Path(tempfile.mkdtemp()), vocabulary.of_pieces(["<pad>", "</s>", "<unk>"])
begun = model(5)
torch.save({{"text": begun.text.state_dict(), "projection": begun.projection.state_dict()}},
           folder / "text.pt")
torch.save({{"model": begun.state_dict()}}, folder / "language.pt")
plan = LanguageSettings(minutes=1, layers=2, guidance=2.0, words_alone=True)
trainer = LanguageTrainer(plan, folder, tokenizer, torch.device("cpu"))
for _ in range(3):
    trainer._train(batch)
trainer.save()
again = LanguageTrainer(plan, folder, tokenizer, torch.device("cpu"))
def distance(other):
    return max((mine - theirs).abs().max().item()
               for mine, theirs in zip(begun.state_dict().values(), other.state_dict().values()))
print(json.dumps([distance(again.teacher.model), distance(again.model)]))
"""

pytestmark = needs_training


def test_guidance_is_learnt_where_a_codebook_has_said_nothing():
    """Elsewhere and without a text the model's own guesses are kept."""
    found = json.loads(run_script(_TARGETS))
    assert len(found) == 5
    for guided, plain, elsewhere, unconditional in found:
        assert max(guided, elsewhere, unconditional) < 1e-4 < plain


def test_a_student_that_says_the_same_has_nothing_to_learn():
    """It learns from the codes where they have a share, and where a beginning is not taught."""
    taught, beginnings, taught_later, *with_codes = json.loads(run_script(_LEARNS))
    assert max(taught, taught_later) < 1e-6
    assert beginnings > 1e-4
    assert min(with_codes) > 100 * max(taught, taught_later)


def test_a_stopped_training_has_the_same_teacher():
    """The teacher is the model that was begun with, not the one that has been trained since."""
    teacher, student = json.loads(run_script(_RESUMED))
    assert teacher == 0
    assert student > 1e-5
