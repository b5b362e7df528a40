// The drop-downs that search (select2) get the name of the field they stand for.
(function () {
  "use strict";
  function nameSearches() {
    document.querySelectorAll("select.admin-autocomplete").forEach(function (select) {
      var box = select.nextElementSibling;
      var label = select.id && document.querySelector('label[for="' + select.id + '"]');
      var name = select.getAttribute("aria-label") || (label && label.textContent.replace(/:\s*$/, "").trim());
      if (!box || !name) return;
      box.querySelectorAll('[role="combobox"], [role="textbox"]').forEach(function (part) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", name + (select.selectedOptions.length && select.value ? ": " + select.selectedOptions[0].text : ""));
      });
    });
  }
  window.addEventListener("load", nameSearches);
  document.addEventListener("formset:added", function () { window.setTimeout(nameSearches, 0); });
})();
