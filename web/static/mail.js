// Makes the frame as tall as the mail in it.

const frame = document.getElementById("mail");

function fit() {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  frame.style.height = "0"; // a page is never shorter than its frame
  frame.style.height = `${page.scrollHeight + 2}px`;
}

if (frame) {
  frame.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  fit();
}
