// Part of Live Progress: the bar, moved frame by frame.

const prefersStillness = matchMedia("(prefers-reduced-motion: reduce)");

/** A bar whose fill glides to where it should be; `moved(fraction)` tells each step, for a figure beside it. */
class Bar {
  #element;
  #fill;
  #moved;
  #shown = null;
  #target = null;
  #frame = 0;
  #last = 0;

  constructor(element, moved = () => {}) {
    this.#element = element;
    this.#fill = element.firstElementChild;
    this.#moved = moved;
  }

  /** Shows a message; `text` is what assistive technology reads as the bar's value. */
  show(message, text) {
    const status = knownStatus(message.status);
    const fraction = fractionOf(message);
    // A success is whole, whatever was counted on the way.
    const target = status === "succeeded" ? 1 : fraction;
    this.#element.dataset.status = status;
    this.#element.classList.toggle("indeterminate", target === null);
    if (target === null) this.#element.removeAttribute("aria-valuenow");
    else this.#element.setAttribute("aria-valuenow", String(percentOf(target)));
    this.#element.setAttribute("aria-valuetext", text);
    this.#aim(target);
  }

  #aim(target) {
    const first = this.#shown === null;
    this.#target = target;
    if (target === null) {
      this.#shown = null;
      this.#place();
    } else if (first || prefersStillness.matches || document.hidden) {
      this.#shown = target;
      this.#place();
    } else if (this.#frame === 0 && this.#shown !== target) {
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
    // Four fifths of the way in 160 ms, at any frame rate.
    const next = this.#shown + gap * (1 - Math.exp(-elapsed / 100));
    this.#shown = Math.abs(this.#target - next) < 0.0005 ? this.#target : next;
    this.#place();
    if (this.#shown !== this.#target) this.#frame = requestAnimationFrame(this.#step);
  };

  #place() {
    this.#fill.style.transform = this.#shown === null ? "" : `translateX(${(this.#shown - 1) * 100}%)`;
    this.#moved(this.#shown);
  }
}

/** What assistive technology reads as a bar's value: "42%, Running: Copying". */
function valueText(message) {
  const status = knownStatus(message.status);
  const fraction = fractionOf(message);
  const share = status === "succeeded" || fraction === null ? "" : `${percentOf(fraction)}%, `;
  const doing = !isEnded(status) && typeof message.state === "string" ? `: ${message.state}` : "";
  return `${share}${statusWords[status]}${doing}`;
}
