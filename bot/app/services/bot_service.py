"""The facade through which cogs reach the rest of the bot."""

from __future__ import annotations

from collections.abc import Callable

from bot.app.health import Health
from bot.app.services.answers import AnswerService
from bot.app.services.battles import BattleService
from bot.app.services.clips import ClipService
from bot.app.services.dailies import DailyService
from bot.app.services.guilds import GuildService
from bot.app.services.history import HistoryService
from bot.app.services.jams import JamService
from bot.app.services.languages import LanguageService
from bot.app.services.live_music import LiveMusicService
from bot.app.services.operations import OperationsService
from bot.app.services.people import PeopleService
from bot.app.services.presets import PresetService
from bot.app.services.radio import RadioService
from bot.app.services.reports import ReportService
from bot.app.services.requests import RequestService
from bot.app.services.stars import StarService
from bot.app.services.words import WordService
from bot.pipeline.service import Pipeline
from bot.retry import RetryPolicy
from bot.words.vocabulary import Vocabulary


class BotService:
    """The services of the bot, by subject; cogs use nothing else."""

    def __init__(
        self,
        pipeline: Pipeline,
        health: Health,
        clock: Callable[[], float],
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._pipeline = pipeline
        self.requests = RequestService(pipeline, vocabulary)
        self.words = WordService(vocabulary)
        self.answers = AnswerService(pipeline.store)
        self.clips = ClipService(pipeline)
        self.history = HistoryService(pipeline.store)
        self.stems = pipeline.stems
        self.word_filter = pipeline.word_filter
        self.reports = ReportService(pipeline.store)
        self.presets = PresetService(pipeline.store)
        self.stars = StarService(pipeline.store, clock)
        self.battles = BattleService(pipeline.store, clock)
        self.dailies = DailyService(pipeline, clock)
        self.jams = JamService(pipeline, clock)
        self.guilds = GuildService(pipeline.store, pipeline.config)
        self.radio = RadioService(pipeline)
        self.live_music = LiveMusicService(
            pipeline.executor, pipeline.config, pipeline.store.live_seconds
        )
        self.languages = LanguageService(pipeline.store)
        self.people = PeopleService(pipeline, self.languages)
        self.operations = OperationsService(pipeline, health)

    @property
    def delivery_retry(self) -> RetryPolicy:
        """Return the retry policy of posts during outages."""
        return self._pipeline.timings.delivery_retry

    @property
    def retry_due_seconds(self) -> float:
        """Return the delay before failed scheduled work is retried."""
        return self._pipeline.timings.retry_due_seconds
