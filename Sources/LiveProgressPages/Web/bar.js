// Part of Live Progress: progress bars.

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Sets the status and the values of a bar, except the position of its fill; returns the share. */
function markBar(element, message) {
  const share = shareOf(message);
  element.dataset.status = message.status;
  element.classList.toggle("indeterminate", share === null);
  if (share === null) element.removeAttribute("aria-valuenow");
  else element.setAttribute("aria-valuenow", String(percentOf(share)));
  element.setAttribute("aria-valuetext", valueText(message));
  return share;
}

/** Moves the fill of a bar. */
function placeFill(element, share) {
  element.firstElementChild.style.transform = share === null ? "" : `translateX(${(share - 1) * 100}%)`;
}

/** A bar that moves smoothly to its new share; it calls `moved(share)` with each step, for the number beside the bar. */
class Bar {
  #element;
  #moved;
  #shown = null;
  #target = null;
  #frame = 0;
  #last = 0;

  constructor(element, moved) {
    this.#element = element;
    this.#moved = moved;
  }

  show(message) {
    this.#target = markBar(this.#element, message);
    const isStill = this.#target === null || message.status === "waiting" || this.#shown === null || reducedMotion.matches || document.hidden;
    if (isStill) this.#place(this.#target);
    else if (this.#frame === 0 && this.#shown !== this.#target) {
      this.#last = performance.now();
      this.#frame = requestAnimationFrame(this.#step);
    }
  }

  #step = (now) => {
    this.#frame = 0;
    if (this.#target === null || this.#shown === null) return;
    const gap = this.#target - this.#shown;
    const elapsed = Math.max(0, now - this.#last);
    this.#last = now;
    // The bar covers four fifths of the way in 160 ms, at any frame rate.
    const next = this.#shown + gap * (1 - Math.exp(-elapsed / 100));
    this.#place(Math.abs(this.#target - next) < 0.0005 ? this.#target : next);
    if (this.#shown !== this.#target) this.#frame = requestAnimationFrame(this.#step);
  };

  #place(share) {
    this.#shown = share;
    placeFill(this.#element, share);
    this.#moved(share);
  }
}
