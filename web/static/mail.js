// Makes the frame as tall as the mail in it.

const frame = document.getElementById("mail");

function fit() {
  const page = frame.contentDocument?.documentElement;
  if (page) frame.style.height = `${page.scrollHeight + 2}px`;
}

if (frame) {
  frame.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  fit();
}
