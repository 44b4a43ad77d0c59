"""The narrow door between the Discord side and the rest of the bot."""

from __future__ import annotations

from bot.app.services.clips import ClipService
from bot.app.services.guilds import GuildService
from bot.app.services.operations import OperationsService
from bot.app.services.people import PeopleService
from bot.app.services.requests import RequestService
from bot.pipeline.presenter import Presenter
from bot.pipeline.service import Pipeline


class BotService:
    """What cogs may ask for, by subject; they reach for nothing behind it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.requests = RequestService(pipeline)
        self.clips = ClipService(pipeline)
        self.stems = pipeline.stems
        self.guilds = GuildService(pipeline.store)
        self.people = PeopleService(pipeline)
        self.operations = OperationsService(pipeline)

    def present_through(self, presenter: Presenter) -> None:
        """Show, post and tell through this presenter from now on."""
        self._pipeline.surface = presenter
