"use strict";

// The page of `make play-slack`: shows what /state gives, sends what one does to /act.

const $ = (id) => document.getElementById(id);
const here = { user: "U1", place: "C1", thread: "" };
let seen = "";
let shownForm = "";

async function act(what) {
  note("…");
  try {
    const answer = await fetch("act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...here, ...what }),
    });
    note((await answer.json()).note);
  } catch (error) {
    note(`The page's own server does not answer: ${error}`);
  }
  await look();
}

function note(text) {
  $("note").textContent = text || "";
}

async function look() {
  const query = new URLSearchParams({ ...here, seen });
  const answer = await fetch(`state?${query}`);
  if (answer.status !== 200) return;
  const state = await answer.json();
  seen = state.seen;
  $("user").innerHTML = state.users;
  $("places").innerHTML = state.places;
  $("place").textContent = state.title;
  fill($("messages"), state.messages);
  $("thread").hidden = !here.thread;
  fill($("replies"), state.replies);
  if (state.form_name !== shownForm) {
    shownForm = state.form_name;
    $("cover").innerHTML = state.form;
    $("cover").hidden = !state.form;
  }
}

function fill(box, html) {
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
  if (box.dataset.shown === html) return;
  box.dataset.shown = html;
  box.innerHTML = html;
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function valueOf(field) {
  if (field.classList.contains("choices")) {
    const ticked = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    return field.dataset.kind === "checkbox" ? ticked : ticked[0] ?? null;
  }
  if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
  return field.value || null;
}

function values(form) {
  const fields = form.querySelectorAll(".field, .choices");
  return Object.fromEntries([...fields].map((field) => [field.dataset.block, valueOf(field)]));
}

function whereOf(element) {
  const message = element.closest("[data-ts]");
  const form = element.closest("[data-view]");
  return message ? { ts: message.dataset.ts } : { view: form.dataset.view };
}

function press(element, value) {
  const { action, block, url } = element.dataset;
  if (url) window.open(url, "_blank", "noopener");
  return act({ do: "click", ...whereOf(element), action, block, value });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-do], [data-place], [data-thread], [data-react], [data-close], [data-submit], button[data-action], #leave");
  if (!target) return;
  if (target.id === "leave") {
    here.thread = "";
    look();
  } else if (target.dataset.place) {
    here.place = target.dataset.place;
    here.thread = "";
    if (here.place === "home") act({ do: "home" });
    else look();
  } else if (target.dataset.thread) {
    here.thread = target.dataset.thread;
    look();
  } else if (target.dataset.react) {
    act({ do: "react", ...whereOf(target), name: target.dataset.react });
  } else if (target.dataset.close) {
    act({ do: "close", ...whereOf(target) });
  } else if (target.dataset.submit) {
    act({ do: "submit", ...whereOf(target), values: values(target.closest(".modal")) });
  } else if (target.dataset.do) {
    act({ do: target.dataset.do });
  } else {
    press(target, target.dataset.value);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id === "user") {
    here.user = event.target.value;
    look();
  } else if (event.target.matches("select.field, .choices input") && !event.target.closest(".modal")) {
    const field = event.target.closest(".field, .choices");
    press(field, [valueOf(field)].flat().join(","));
  }
});

for (const [form, thread] of [["composer", false], ["reply", true]]) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.querySelector("input");
    const text = input.value.trim();
    input.value = "";
    if (text) act({ do: "say", text, thread: thread ? here.thread : "" });
  });
}

setInterval(() => look().catch(() => note("The server has stopped.")), 700);
look();
