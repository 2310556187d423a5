// The page that asks for a code, where the alarm page has no sheet for it.

import { Pad } from "./keypad.js";

const form = document.querySelector(".keypad");
const pad = new Pad(form);
pad.wait(Number(form.querySelector(".says").dataset.wait ?? 0));
if (matchMedia("(pointer: fine)").matches) pad.field.focus();
