// Controls that something sticky covers once the keyboard has brought them into view (WCAG 2.4.11).
() => {
  const before = { x: scrollX, y: scrollY, focused: document.activeElement };
  const sticky = [...document.body.querySelectorAll("*")]
    .filter((each) => ["sticky", "fixed"].includes(getComputedStyle(each).position) && each.checkVisibility());
  const faults = [];
  for (const control of document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")) {
    if (control.disabled || !control.checkVisibility({ visibilityProperty: true })) continue;
    control.focus();
    if (document.activeElement !== control) continue;
    const box = control.getBoundingClientRect();
    for (const bar of sticky) {
      if (bar.contains(control) || control.contains(bar)) continue;
      const over = bar.getBoundingClientRect();
      const down = Math.min(box.bottom, over.bottom) - Math.max(box.top, over.top);
      const across = Math.min(box.right, over.right) - Math.max(box.left, over.left);
      // What is higher than half the window cannot stand clear of everything; some of it must.
      const most = box.height > innerHeight / 2 ? box.height - 44 : 1;
      if (across > 1 && down > most) {
        faults.push(`under a bar when focused: ${control.dataset.keep ?? control.textContent.trim().slice(0, 30)} ${Math.round(down)} of ${Math.round(box.height)} px by ${bar.className}`);
      }
    }
  }
  if (before.focused && before.focused !== document.body) before.focused.focus({ preventScroll: true });
  else document.activeElement?.blur();
  scrollTo(before.x, before.y);
  return faults;
}
