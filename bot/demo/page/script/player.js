// The audio player: play, waveform, time, seek, download. Only one plays at a time.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { clock } from "./timestamps.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

const BARS = 120;
/** Larger files are not decoded for a waveform: it would exhaust the memory of a phone. */
const MAX_DRAWN_BYTES = 6_000_000;

let playing = null;

/** Return the player of an attachment. It is kept when its message is rendered again. */
export function player(attachment) {
  const name = attachment.filename;
  const audio = el("audio", { preload: "metadata", src: attachment.url });
  const button = el(
    "button",
    { type: "button", class: "play", aria: { label: say("player.play", { name }) } },
    icon("play"),
  );
  const canvas = el("canvas", { aria: { hidden: "true" } });
  const seek = el("input", {
    type: "range",
    min: "0",
    max: "1000",
    step: "1",
    value: "0",
    aria: { label: say("player.position", { name }) },
  });
  const time = el("span", { class: "time" }, clock(attachment.duration_secs ?? 0));
  const trouble = el("span", { class: "trouble", role: "status" });
  const view = { audio, canvas, seek, time, peaks: null, known: attachment.duration_secs ?? 0 };

  button.addEventListener("click", () => toggle(audio, trouble));
  audio.addEventListener("play", () => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    button.replaceChildren(icon("pause"));
    button.setAttribute("aria-label", say("player.pause", { name }));
    follow(view);
  });
  for (const event of ["pause", "ended"]) {
    audio.addEventListener(event, () => {
      if (playing === audio) playing = null;
      button.replaceChildren(icon("play"));
      button.setAttribute("aria-label", say("player.play", { name }));
      show(view);
    });
  }
  for (const event of ["loadedmetadata", "durationchange", "seeked"]) audio.addEventListener(event, () => show(view));
  audio.addEventListener("error", () => (trouble.textContent = say("player.broken")));
  seek.addEventListener("input", () => {
    const length = lengthOf(view);
    if (length) audio.currentTime = (seek.value / 1000) * length;
    show(view, Number(seek.value) / 1000);
  });
  drawWhenSeen(view, attachment);

  return el(
    "div",
    {
      class: "player",
      role: "group",
      aria: { label: say("player.label", { name }) },
      data: { key: `player-${attachment.id}`, keep: "" },
    },
    audio,
    button,
    el(
      "div",
      { class: "sound" },
      el("div", { class: "track" }, canvas, seek),
      el(
        "div",
        { class: "facts" },
        time,
        el("span", { class: "filename", title: name }, name),
        el("span", {}, describeBytes(attachment.size)),
        trouble,
      ),
    ),
    el(
      "a",
      { class: "icon-button", href: attachment.url, download: name, aria: { label: say("player.download", { name }) } },
      icon("download"),
    ),
  );
}

async function toggle(audio, trouble) {
  if (!audio.paused) return audio.pause();
  try {
    await audio.play();
    trouble.textContent = "";
  } catch (error) {
    // A pause before playback has started is not an error.
    if (error.name !== "AbortError") trouble.textContent = say("player.broken");
  }
}

function lengthOf(view) {
  return Number.isFinite(view.audio.duration) && view.audio.duration ? view.audio.duration : view.known;
}

function follow(view) {
  show(view);
  if (!view.audio.paused && !view.audio.ended) requestAnimationFrame(() => follow(view));
}

function show(view, at = null) {
  const length = lengthOf(view);
  const part = at ?? (length ? view.audio.currentTime / length : 0);
  if (at === null) view.seek.value = String(Math.round(part * 1000));
  const text = `${clock(part * length)} / ${clock(length)}`;
  if (view.time.textContent !== text) {
    view.time.textContent = text;
    view.seek.setAttribute("aria-valuetext", text);
  }
  draw(view, part);
}

function draw({ canvas, peaks }, part) {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (!width || !height) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const style = getComputedStyle(canvas);
  const [heard, ahead] = [style.getPropertyValue("--heard"), style.getPropertyValue("--ahead")];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const step = width / BARS;
  for (let bar = 0; bar < BARS; bar += 1) {
    const tall = Math.max(0.06, peaks ? peaks[bar] : 0.06) * height;
    pen.fillStyle = bar / BARS < part ? heard : ahead;
    pen.fillRect(bar * step, (height - tall) / 2, Math.max(1, step * 0.62), tall);
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.dispatchEvent(new Event("seen"));
  }
});
new MutationObserver(() => {
  for (const each of document.querySelectorAll(".player canvas")) each.dispatchEvent(new Event("recolour"));
}).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/** Sounds are decoded one at a time. */
let turn = Promise.resolve();

function drawWhenSeen(view, attachment) {
  view.canvas.addEventListener("seen", () => {
    show(view);
    if (attachment.size > MAX_DRAWN_BYTES) return;
    turn = turn.then(async () => {
      try {
        const answer = await fetch(attachment.url);
        if (!answer.ok) return;
        const sound = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await answer.arrayBuffer());
        view.known = sound.duration;
        view.peaks = peaksOf(sound);
        show(view);
      } catch {
        // If the browser can't decode it, the waveform is a flat line.
      }
    });
  });
  view.canvas.addEventListener("recolour", () => show(view));
  new ResizeObserver(() => show(view)).observe(view.canvas);
  seen.observe(view.canvas);
}

/** Return the peak of each bar of the waveform, from 0 to 1. */
function peaksOf(sound) {
  const samples = sound.getChannelData(0);
  const size = Math.max(1, Math.floor(samples.length / BARS));
  const found = Array.from({ length: BARS }, (_, bar) => {
    let most = 0;
    const end = Math.min(samples.length, (bar + 1) * size);
    for (let at = bar * size; at < end; at += 4) most = Math.max(most, Math.abs(samples[at]));
    return most;
  });
  const loudest = Math.max(...found, 1e-3);
  return found.map((each) => each / loudest);
}
