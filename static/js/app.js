// Small comforts. Every page does its main job without this file.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");

  // ---- menu on narrow screens: without a script the link's :target opens it ----
  var menu = document.getElementById("menu");
  var opener = document.querySelector(".menu-open");
  function toggleMenu(open) {
    if (open) menu.setAttribute("data-open", ""); else menu.removeAttribute("data-open");
    opener.setAttribute("aria-expanded", String(open));
  }
  if (menu && opener) {
    opener.setAttribute("role", "button");
    toggleMenu(false);
    opener.addEventListener("click", function (event) {
      event.preventDefault();
      toggleMenu(!menu.hasAttribute("data-open"));
    });
    opener.addEventListener("keydown", function (event) {
      if (event.key === " ") { event.preventDefault(); opener.click(); }
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && menu.hasAttribute("data-open")) { toggleMenu(false); opener.focus(); }
    });
  }

  // ---- the search box: "/" leads to it, arrows go through the suggestions, Enter opens one, Esc closes them ----
  function boxOf(form) { return form.querySelector("input[type=search]"); }
  function listOf(form) { return form.querySelector(".find-list"); }
  function openFind(form, open) {
    open = open && listOf(form).childElementCount > 0;
    form.classList.toggle("is-open", open);
    boxOf(form).setAttribute("aria-expanded", String(open));
    if (!open) choose(form, null);
  }
  function choose(form, option) {
    listOf(form).querySelectorAll("[aria-selected=true]").forEach(function (other) { other.setAttribute("aria-selected", "false"); });
    if (!option) { boxOf(form).removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    boxOf(form).setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  document.querySelectorAll("form[data-find]").forEach(function (form) {
    var box = boxOf(form), list = listOf(form);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", list.id);
    openFind(form, false);
    list.addEventListener("htmx:afterSwap", function () {
      list.querySelectorAll("[role=option]").forEach(function (option, i) { option.id = list.id + "-" + i; });
      openFind(form, document.activeElement === box);
    });
    box.addEventListener("keydown", function (event) {
      var options = Array.from(list.querySelectorAll("[role=option]"));
      var at = options.findIndex(function (option) { return option.getAttribute("aria-selected") === "true"; });
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!options.length) return;
        event.preventDefault();
        openFind(form, true);
        at += event.key === "ArrowDown" ? 1 : -1;
        if (at === -2) at = options.length - 1;
        choose(form, options[at] || null);
      } else if (event.key === "Enter" && at >= 0 && form.classList.contains("is-open")) {
        event.preventDefault();
        options[at].click();
      } else if (event.key === "Escape" && form.classList.contains("is-open")) {
        event.preventDefault();
        event.stopPropagation();
        openFind(form, false);
      }
    });
    box.addEventListener("focus", function () { openFind(form, true); });
    form.addEventListener("focusout", function (event) { if (!form.contains(event.relatedTarget)) openFind(form, false); });
    // A press on a suggestion must not take the focus away before it is a click.
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.isContentEditable) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !/^(checkbox|radio|button|submit)$/.test(event.target.type)) return;
    var boxes = Array.from(document.querySelectorAll("form[data-find] input[type=search]"));
    var box = boxes.reverse().find(function (one) { return one.offsetParent !== null; }), link = document.querySelector(".find-open");
    if (!box && !link) return;
    event.preventDefault();
    if (box) { box.focus(); box.select(); } else { window.location = link.href; }
  });

  // ---- a block pasted into a grid's open row goes to the page that shows it first: table[data-paste] names its form ----
  document.addEventListener("paste", function (event) {
    var cell = event.target.closest && event.target.closest("table[data-paste] [data-column]");
    var text = event.clipboardData && event.clipboardData.getData("text/plain");
    if (!cell || !text || !/[\t\n]/.test(text.replace(/\s+$/, ""))) return;
    event.preventDefault();
    var form = document.getElementById(cell.closest("table").getAttribute("data-paste"));
    form.elements.pasted.value = text;
    form.elements.start.value = cell.closest("tr").getAttribute("data-duty");
    form.elements.first.value = cell.getAttribute("data-column");
    document.querySelectorAll("form[data-dirty]").forEach(function (other) { other.removeAttribute("data-dirty"); });
    form.requestSubmit();
  });
  // Esc leaves a row that is open for editing.
  document.addEventListener("keydown", function (event) {
    var row = event.key === "Escape" && event.target.closest && event.target.closest("tr.is-editing");
    if (row) row.querySelector("[data-cancel]").click();
  });

  // ---- unsaved input: form[data-warn-unsaved], and the forms of the administration; data-dirty comes from the server when it sends back errors ----
  var WARNED = "form[data-warn-unsaved], #content-main form:not(#changelist-form)";
  function markDirty(event) {
    var form = event.target.form;
    if (form && form.matches(WARNED)) form.setAttribute("data-dirty", "");
  }
  document.addEventListener("input", markDirty);
  document.addEventListener("change", markDirty);
  document.addEventListener("submit", function (event) { event.target.removeAttribute("data-dirty"); });
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("form[data-dirty]")) { event.preventDefault(); event.returnValue = ""; }
  });

  // ---- a form that was sent and came to nothing (no network, an error page) is filled in again on the way back ----
  var person = document.querySelector("meta[name=person]"), drafts = null;
  try { drafts = window.sessionStorage; } catch (refused) { /* a browser that keeps nothing */ }
  function addressOf(form) { return new URL(form.getAttribute("action") || "", location.href).pathname; }
  function draftKey(form) { return ["draft", person.content, location.pathname + location.search, addressOf(form)].join(" "); }
  function typedIn(form) {
    return Array.from(form.elements).filter(function (e) {
      return e.name && e.name !== "csrfmiddlewaretoken" && !/^(password|file|submit|button|reset|image)$/.test(e.type);
    });
  }
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!drafts || !person || form.method !== "post" || !form.matches(WARNED)) return;
    var values = typedIn(form).map(function (e) {
      if (e.type === "checkbox" || e.type === "radio") return e.checked;
      return e.multiple ? Array.from(e.selectedOptions).map(function (o) { return o.value; }) : e.value;
    });
    try { drafts.setItem(draftKey(form), JSON.stringify(values)); } catch (full) { /* then the server's copy has to do */ }
  });
  function fillAgain(form) {
    var kept = drafts.getItem(draftKey(form)), elements = typedIn(form);
    if (!kept || form.hasAttribute("data-refilled")) return;
    drafts.removeItem(draftKey(form));
    kept = JSON.parse(kept);
    if (kept.length !== elements.length) return;
    elements.forEach(function (e, i) {
      if (typeof kept[i] === "boolean") e.checked = kept[i];
      else if (Array.isArray(kept[i])) Array.from(e.options).forEach(function (o) { o.selected = kept[i].indexOf(o.value) >= 0; });
      else e.value = kept[i];
    });
    form.setAttribute("data-dirty", "");
    var notice = document.createElement("div");
    notice.className = "notice warning";
    notice.setAttribute("role", "alert");
    notice.textContent = person.getAttribute("data-filled-again");
    form.insertBefore(notice, form.firstChild);
  }
  if (drafts && person) {
    var came = (performance.getEntriesByType("navigation")[0] || {}).type;
    if (came === "back_forward" || came === "reload") {
      document.querySelectorAll("form").forEach(function (form) { if (form.matches(WARNED)) fillAgain(form); });
    } else {
      // The answer to what was sent: nothing is left to be given back.
      Object.keys(drafts).forEach(function (key) { if (key.indexOf("draft ") === 0) drafts.removeItem(key); });
    }
  }

  // ---- rows: table[data-select] with .check boxes; the head's box is made here, the count goes to [data-picked];
  // a box with data-every="n" takes all n that fit the filter, those of other pages too ----
  function countPicked(table) {
    var boxes = Array.from(table.querySelectorAll("tbody .check input[type=checkbox]"));
    var picked = boxes.filter(function (box) { return box.checked; });
    boxes.forEach(function (box) { box.closest("tr").classList.toggle("is-selected", box.checked); });
    var all = table.querySelector("[data-all]");
    if (all) {
      all.checked = boxes.length > 0 && picked.length === boxes.length;
      all.indeterminate = picked.length > 0 && picked.length < boxes.length;
    }
    var scope = table.closest("form") || document, every = scope.querySelector("[data-every]");
    var number = every && every.checked ? every.getAttribute("data-every") : picked.length;
    scope.querySelectorAll("[data-picked]").forEach(function (place) {
      place.textContent = place.getAttribute("data-picked").replace("0", number);
    });
    scope.querySelectorAll(".bulk").forEach(function (bar) { bar.classList.toggle("has-picked", picked.length > 0); });
    keepClearOfBar();
    scope.querySelectorAll("[data-needs-pick]").forEach(function (button) { button.disabled = picked.length === 0; });
  }
  // The bar lies over the end of the window while rows are picked: what Tab reaches stops above it.
  function keepClearOfBar() {
    var bars = Array.from(document.querySelectorAll(".bulk.has-picked"));
    var height = Math.max.apply(null, [0].concat(bars.map(function (bar) { return bar.offsetHeight; })));
    document.documentElement.style.scrollPaddingBottom = height ? height + 12 + "px" : "";
    // The bar appears with the first one picked, and may appear over it.
    var focused = document.activeElement;
    if (height && focused && focused.closest("table[data-select]")) focused.closest("tr").scrollIntoView({ block: "nearest" });
  }
  window.addEventListener("resize", keepClearOfBar);
  function prepareRows(where) {
    where.querySelectorAll("table[data-select]").forEach(function (table) {
      var all = table.querySelector("[data-all]");
      if (all) all.closest("[hidden]") && all.closest("[hidden]").removeAttribute("hidden");
      countPicked(table);
    });
  }
  var lastBox = null;
  document.addEventListener("click", function (event) {
    var box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    if (box.hasAttribute("data-every")) document.querySelectorAll("table[data-select]").forEach(countPicked);
    var table = box.closest("table[data-select]");
    if (!table) return;
    var boxes = Array.from(table.querySelectorAll("tbody .check input[type=checkbox]"));
    if (box.hasAttribute("data-all")) {
      boxes.forEach(function (other) { other.checked = box.checked; });
    } else {
      // Shift-click takes everything between two boxes, as in a spreadsheet.
      if (event.shiftKey && lastBox && boxes.indexOf(lastBox) >= 0) {
        var ends = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort(function (a, b) { return a - b; });
        boxes.slice(ends[0], ends[1] + 1).forEach(function (other) { other.checked = box.checked; });
      }
      lastBox = box;
    }
    countPicked(table);
  });

  // ---- messages can be put away ----
  function prepareMessages(where) {
    where.querySelectorAll("[data-dismiss]").forEach(function (notice) {
      if (notice.querySelector(".dismiss")) return;
      var button = document.createElement("button");
      button.type = "button";
      button.className = "dismiss";
      button.setAttribute("aria-label", notice.getAttribute("data-dismiss"));
      button.textContent = "×";
      button.addEventListener("click", function () { notice.remove(); });
      notice.appendChild(button);
    });
  }

  // ---- a file dragged onto .drop lands in its input ----
  document.addEventListener("dragover", function (event) {
    var drop = event.target.closest && event.target.closest(".drop");
    if (drop) { event.preventDefault(); drop.classList.add("over"); }
  });
  document.addEventListener("dragleave", function (event) {
    var drop = event.target.closest && event.target.closest(".drop");
    if (drop && !drop.contains(event.relatedTarget)) drop.classList.remove("over");
  });
  document.addEventListener("drop", function (event) {
    var drop = event.target.closest && event.target.closest(".drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.remove("over");
    var input = drop.querySelector("input[type=file]");
    if (input && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // ---- input[data-no-enter]: a search inside a form, answered while typing; Enter must not send the form ----
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.hasAttribute("data-no-enter")) event.preventDefault();
  });

  // ---- form[data-autosubmit]: a choice counts at once; without a script its button does the same ----
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-autosubmit") && event.target.tagName === "SELECT") form.requestSubmit();
  });

  // ---- form[data-upload]: how much of a file has been sent ----
  document.addEventListener("change", function (event) {
    var input = event.target, form = input.form;
    if (input.type !== "file" || !form || !form.hasAttribute("data-limit")) return;
    var large = input.files.length && input.files[0].size > Number(form.getAttribute("data-limit"));
    input.setCustomValidity(large ? form.getAttribute("data-too-large") : "");
    input.reportValidity();
  });
  document.addEventListener("submit", function (event) {
    var form = event.target, place = form.querySelector("[data-upload-progress]");
    var input = form.querySelector("input[type=file]");
    if (!form.hasAttribute("data-upload") || !place || !input.files.length || form.hasAttribute("data-sent")) return;
    event.preventDefault();
    if (!input.reportValidity()) return;
    form.setAttribute("data-sent", "");
    var request = new XMLHttpRequest(), bar = place.querySelector("progress"), percent = place.querySelector("[data-percent]");
    place.hidden = false;
    request.upload.onprogress = function (sent) {
      if (!sent.lengthComputable) return;
      bar.value = 100 * sent.loaded / sent.total;
      percent.textContent = Math.round(bar.value) + " %";
    };
    // The answer is a page like any other: the next step, or this one with what is wrong.
    request.onload = function () {
      if (request.status < 400) { window.location = request.responseURL; return; }
      var page = new DOMParser().parseFromString(request.responseText, "text/html");
      var fresh = page.querySelector("form[data-upload]");
      if (!fresh) { form.submit(); return; }
      form.replaceWith(fresh);
      prepare(document);
      var faults = fresh.querySelector("[data-error-summary]");
      if (faults) faults.focus();
    };
    request.onerror = function () { form.submit(); };
    request.open("POST", form.action);
    // Where the answer leads to is opened once, by the browser (iso_rollout.middleware.OpensOnce).
    request.setRequestHeader("X-Sends-File", "1");
    request.send(new FormData(form));
  });

  // ---- a second click waits for the first; coming back with the back button starts afresh ----
  // A form[data-download] leaves the page where it is: there only the same button waits, and only for a double click.
  document.addEventListener("submit", function (event) {
    var form = event.target, button = event.submitter, downloads = form.hasAttribute("data-download");
    var sender = downloads && button || form;
    if (event.defaultPrevented || form.method !== "post") return;
    if (sender.hasAttribute("data-sent")) { event.preventDefault(); return; }
    sender.setAttribute("data-sent", "");
    if (button) button.setAttribute("aria-busy", "true");
    window.setTimeout(function () { freshen([sender, button]); }, downloads ? 1000 : 4000);
  });
  function freshen(elements) {
    elements.forEach(function (element) {
      if (!element) return;
      element.removeAttribute("data-sent");
      element.removeAttribute("aria-busy");
    });
  }
  window.addEventListener("pageshow", function (event) { if (event.persisted) freshen(document.querySelectorAll("[data-sent], [aria-busy=true]")); });

  // Filters fold away on narrow screens; printed pages show every opened table.
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  function prepare(where) { prepareRows(where); prepareMessages(where); }
  prepare(document);
  document.addEventListener("htmx:load", function (event) { prepare(event.target.parentNode || document); });

  // After a form came back with errors, the person starts at the list of them; in the administration, which has none, at the first.
  var faults = document.querySelector("[data-error-summary]") || document.querySelector("#content-main .errorlist");
  if (faults) { faults.tabIndex = -1; faults.focus(); }
})();
