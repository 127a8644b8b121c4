// The button for the theme: as the system has it, light, dark.
(function () {
  "use strict";
  var themes = ["auto", "light", "dark"];
  var button = document.getElementById("theme");
  var root = document.documentElement;

  function shown() {
    return root.dataset.theme || "auto";
  }

  function label() {
    button.textContent = "Theme: " + shown();
  }

  button.addEventListener("click", function () {
    var next = themes[(themes.indexOf(shown()) + 1) % themes.length];
    if (next === "auto") {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = next;
    }
    try {
      localStorage.setItem("papercourier-theme", next);
    } catch (error) {
      // It then holds for this page only.
    }
    label();
  });
  label();
  button.hidden = false;
})();
