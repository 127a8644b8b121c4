"use strict";

// The page of `make play-discord`: shows what /state gives, sends what one does to /act.

const $ = (id) => document.getElementById(id);
const here = { user: "admin", place: "" };
let seen = "";
let shownForm = "";
let commands = [];
let shownCommands = "";
let asking = 0;

async function send(what) {
  const answer = await fetch("act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...here, ...what }),
  });
  return answer.json();
}

async function act(what) {
  note("…");
  try {
    note((await send(what)).note);
  } catch (error) {
    note(`The page's own server does not answer: ${error}`);
  }
  await look();
}

function note(text) {
  $("note").textContent = text || "";
}

async function look() {
  const answer = await fetch(`state?${new URLSearchParams({ ...here, seen })}`);
  if (answer.status !== 200) return;
  const state = await answer.json();
  seen = state.seen;
  $("user").innerHTML = state.users;
  $("places").innerHTML = state.places;
  $("place").textContent = state.title;
  fill($("messages"), state.messages);
  if (state.modal_name !== shownForm) {
    shownForm = state.modal_name;
    $("cover").innerHTML = state.modal;
    $("cover").hidden = !state.modal;
  }
  if (state.commands !== shownCommands) {
    shownCommands = state.commands;
    commands = JSON.parse(state.commands);
    $("words").replaceChildren(...commands.map((each) => new Option(`/${each.words}`, each.words)));
    offer();
  }
}

function fill(box, html) {
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
  if (box.dataset.shown === html) return;
  box.dataset.shown = html;
  box.innerHTML = html;
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function chosen() {
  return commands.find((each) => each.words === $("words").value) || { words: "", options: [] };
}

function offer() {
  $("options").replaceChildren(...chosen().options.map(field));
}

function field(option) {
  const label = document.createElement("label");
  label.title = option.description;
  label.append(option.name + (option.required ? " *" : ""));
  const choices = option.choices || (option.type === 5 ? [{ name: "yes", value: "true" }, { name: "no", value: "false" }] : null);
  const box = document.createElement(choices ? "select" : "input");
  box.dataset.option = option.name;
  if (choices) {
    box.append(new Option("", ""), ...choices.map((each) => new Option(each.name, each.value)));
  } else if (option.autocomplete) {
    const list = document.createElement("datalist");
    list.id = `choices-${option.name}`;
    box.setAttribute("list", list.id);
    box.dataset.complete = option.name;
    label.append(list);
  }
  label.append(box);
  return label;
}

function options() {
  const boxes = [...$("options").querySelectorAll("[data-option]")];
  return Object.fromEntries(boxes.map((box) => [box.dataset.option, box.value]));
}

async function complete(box) {
  const number = (asking += 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (number !== asking) return;
  const option = box.dataset.complete;
  const told = await send({ do: "complete", words: chosen().words, option, text: box.value, options: options() });
  if (number !== asking) return;
  if (told.note) note(told.note);
  const list = $(`choices-${option}`);
  list.replaceChildren(...(told.choices || []).map((each) => new Option(each.name, each.value)));
}

function values(form) {
  const fields = [...form.querySelectorAll("[data-field]")];
  const value = (box) => (box.tagName === "SELECT" ? [...box.selectedOptions].map((each) => each.value) : box.value);
  return Object.fromEntries(fields.map((box) => [box.dataset.field, value(box)]));
}

const messageOf = (element) => element.closest("[data-message]").dataset.message;

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-do], [data-place], [data-click], [data-react], [data-menu]");
  if (!target) return;
  const { place, click, react, menu } = target.dataset;
  if (place) {
    here.place = place;
    look();
  } else if (click) {
    act({ do: "click", message: messageOf(target), custom_id: click });
  } else if (react) {
    act({ do: "react", message: messageOf(target), emoji: react });
  } else if (menu) {
    act({ do: "menu", message: messageOf(target), name: menu });
  } else if (target.dataset.do === "submit") {
    act({ do: "submit", values: values(target.closest(".modal")) });
  } else {
    act({ do: target.dataset.do });
  }
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.id === "user") {
    here.user = target.value;
    look();
  } else if (target.id === "words") {
    offer();
  } else if (target.dataset.select && target.value) {
    act({ do: "click", message: messageOf(target), custom_id: target.dataset.select, values: [target.value] });
  }
});

for (const kind of ["input", "focusin"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.dataset.complete) complete(event.target).catch((error) => note(String(error)));
  });
}

$("command").addEventListener("submit", (event) => {
  event.preventDefault();
  act({ do: "command", words: chosen().words, options: options() });
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.querySelector("input");
  if (input.value.trim()) act({ do: "say", text: input.value.trim() });
  input.value = "";
});

setInterval(() => look().catch(() => note("The server has stopped.")), 700);
look();
