// What is wrong with the layout of the page as it stands, as sentences. Text counts where it is painted: what a frame
// of its own scrolls is judged inside that frame, and text that only a screen reader gets is not judged.
() => {
  const faults = [];
  const root = document.scrollingElement;
  const width = root.clientWidth;
  const name = (element) => {
    const text = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 30);
    const classes = typeof element.className === "string" ? element.className.trim().replace(/\s+/g, ".") : "";
    return `<${element.tagName.toLowerCase()}${classes ? `.${classes}` : ""} "${text}">`;
  };
  const styles = new Map();
  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  const ancestors = function* (element) {
    for (let each = element; each && each !== document.body; each = each.parentElement) yield each;
  };
  const scrolls = (value) => value === "auto" || value === "scroll";
  const cuts = (value) => value === "hidden" || value === "clip";
  const spoken = (element) => [...ancestors(element)].some((each) => style(each).clipPath === "inset(50%)");
  const layer = (element) => [...ancestors(element)].find((each) => ["sticky", "fixed"].includes(style(each).position)
    || each.tagName === "DIALOG") ?? null;

  if (root.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")]
      .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > width + 1)
      .filter((each) => ![...ancestors(each.parentElement)].some((up) => scrolls(style(up).overflowX) || cuts(style(up).overflowX)))
      .slice(-3).map(name).join(" ");
    faults.push(`the page scrolls sideways: ${root.scrollWidth} > ${width}: ${wide}`);
  }

  // Painted text: one box a line, a quarter off above and below, where a font has only air.
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const { currentNode: node } = walker;
    const element = node.parentElement;
    if (node.data.trim() === "" || !element.checkVisibility({ visibilityProperty: true }) || spoken(element)) continue;
    if (element.closest("svg, option, noscript")) continue;
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const air = line.height / 4;
      let [left, right, top, bottom] = [line.left, line.right, line.top + air, line.bottom - air];
      if (right - left < 1) continue;
      for (const up of ancestors(element)) {
        const { overflowX, overflowY, display } = style(up);
        if (display === "inline" || display === "contents") continue;
        const frame = up.getBoundingClientRect();
        if (cuts(overflowX) && (right > frame.right + 1 || left < frame.left - 1)) faults.push(`cut at the side: ${name(element)} by ${name(up)}`);
        if (cuts(overflowY) && (bottom > frame.bottom + 1 || top < frame.top - 1)) faults.push(`cut below: ${name(element)} by ${name(up)}`);
        if (scrolls(overflowX)) [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
        if (scrolls(overflowY)) [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      }
      if (right <= left || bottom <= top) continue;
      if (right > width + 1 || left < -1) faults.push(`beyond the edge: ${name(element)}`);
      boxes.push({ element, left, right, top, bottom, layer: layer(element) });
    }
  }
  for (let one = 0; one < boxes.length; one += 1) {
    for (let two = one + 1; two < boxes.length; two += 1) {
      const [a, b] = [boxes[one], boxes[two]];
      if (a.element === b.element || a.layer !== b.layer) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1.5 && down > 1.5) faults.push(`one on the other: ${name(a.element)} ${name(b.element)}`);
    }
  }

  const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=tab]")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !spoken(each) && !each.disabled);
  for (const control of controls) {
    const { width: wide, height } = control.getBoundingClientRect();
    const inText = style(control).display === "inline";
    const away = style(control).opacity === "0" || control.type === "file";
    if (!inText && !away && (wide < 23.5 || height < 23.5)) faults.push(`too small to press: ${name(control)} ${wide}x${height}`);
  }
  return [...new Set(faults)];
}
