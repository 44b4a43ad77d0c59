// Converts a server snapshot to fields of the state.

/** All fields except the messages. */
export function fieldsOf(snapshot) {
  return {
    instance: snapshot.instance,
    me: snapshot.user,
    guild: snapshot.guild,
    isMember: snapshot.members.some((each) => each.user.id === snapshot.user.id),
    people: snapshot.people,
    limits: snapshot.limits,
    rights: snapshot.rights,
    isBotOnline: snapshot.bot_online,
    channels: byId(snapshot.channels),
    roles: byId(snapshot.roles),
    members: new Map(snapshot.members.map((each) => [each.user.id, each])),
    voices: new Map(snapshot.voice_states.map((each) => [each.user_id, each.channel_id])),
    voiceStatuses: new Map(Object.entries(snapshot.voice_statuses)),
    sounds: snapshot.sounds,
  };
}

export function byId(list) {
  return new Map(list.map((each) => [each.id, each]));
}
