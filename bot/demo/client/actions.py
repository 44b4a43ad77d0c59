"""The actions that a page can request for its person, by name."""

from __future__ import annotations

from bot.demo.client import app_actions, message_actions, server_actions
from bot.demo.client.action import Action
from bot.demo.client.action_fields import (
    Choose,
    CreateChannel,
    CreatePoll,
    CreateThread,
    EditMessage,
    InChannel,
    Nothing,
    OfModal,
    OnMessage,
    OnPerson,
    Press,
    React,
    SendMessage,
    SubmitModal,
    UseCommand,
    UseMenu,
    Vote,
)

ACTIONS = {
    "send_message": Action(SendMessage, message_actions.send_message),
    "edit_message": Action(EditMessage, message_actions.edit_message),
    "delete_message": Action(OnMessage, message_actions.delete_message),
    "react": Action(React, message_actions.react),
    "unreact": Action(React, message_actions.unreact),
    "vote": Action(Vote, message_actions.vote),
    "use_command": Action(UseCommand, app_actions.use_command),
    "use_menu": Action(UseMenu, app_actions.use_menu),
    "press": Action(Press, app_actions.press),
    "choose": Action(Choose, app_actions.choose),
    "submit_modal": Action(SubmitModal, app_actions.submit_modal),
    "close_modal": Action(OfModal, app_actions.close_modal),
    "create_poll": Action(CreatePoll, message_actions.create_poll),
    "open_dm": Action(OnPerson, server_actions.open_dm),
    "create_thread": Action(CreateThread, server_actions.create_thread),
    "create_channel": Action(CreateChannel, server_actions.create_channel),
    "join_voice": Action(InChannel, server_actions.join_voice),
    "leave_voice": Action(Nothing, server_actions.leave_voice),
    "kick": Action(OnPerson, server_actions.kick),
    "leave": Action(Nothing, server_actions.leave),
    "rejoin": Action(Nothing, server_actions.rejoin),
}
HINTS = {"type": Action(InChannel, message_actions.start_typing)}
