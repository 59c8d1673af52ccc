// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the style of the element <live-progress>.

export const style = `
:host { --_tone: light-dark(#1f5bcf, #6aa3ff); display: block; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
:host([hidden]) { display: none; }
:host(:is(:state(loading), :state(pending), :state(cancelled))) { --_tone: light-dark(#5a5f69, #9aa0ab); }
:host(:is(:state(stalled), :state(cancelling))) { --_tone: light-dark(#8a5700, #e8b04a); }
:host(:state(waiting)) { --_tone: light-dark(#6d3fc4, #b59aff); }
:host(:state(succeeded)) { --_tone: light-dark(#167544, #4fc98a); }
:host(:is(:state(failed), :state(refused))) { --_tone: light-dark(#bb2a25, #ff7b72); }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; }
.foot { font-size: .875em; min-height: 1.5em; }
[part=title] { font-weight: 600; }
[part=state] { color: var(--live-progress-color, var(--_tone)); }
[part=bar] {
  height: var(--live-progress-height, .5em); margin-block: .375em; overflow: hidden; contain: strict;
  border-radius: var(--live-progress-radius, 99px); background: var(--live-progress-track, light-dark(#e4e6ea, #2a2e35));
}
[part=fill] {
  height: 100%; transform: scaleX(0); background: var(--live-progress-color, var(--_tone)); transform-origin: left; transition: transform .2s ease-out;
}
:host(:dir(rtl)) [part=fill] { transform-origin: right; }
:host(:state(indeterminate):is(:state(running), :state(waiting), :state(cancelling), :state(stalled)):not(:state(refused))) [part=fill] {
  transform: scaleX(.3);
}
:host(:state(indeterminate):is(:state(running), :state(cancelling)):not(:state(reconnecting), :state(refused))) [part=fill] {
  animation: sweep 2s ease-in-out infinite alternate;
}
:host(:is(:state(reconnecting), :state(refused))) [part=bar] { opacity: .5; }
:host(:state(waiting)) [part=fill] { transition: none; }
@keyframes sweep { from { transform: translateX(0) scaleX(.3); } to { transform: translateX(70%) scaleX(.3); } }
[hidden], [part=question] :empty:not(input) { display: none !important; }
[part=question] { margin-block: .5em; padding: .75em; border: 1px solid var(--_tone); border-radius: .5em; }
[part=question]:not([data-open]) { padding: 0; border: 0; font-size: .875em; }
[part=question] p { margin: 0; }
[part=message] { font-weight: 600; white-space: pre-wrap; }
[part=answers], [part=label] { display: flex; flex-wrap: wrap; align-items: center; gap: .5em; }
[part=answers] { margin-block: .625em; }
[part=label] { flex: 1 1 16em; }
[part=field] { flex: 1 1 10em; min-width: 0; }
[part=field], [part=answers] button {
  padding: .375em .875em; border: 1px solid; border-radius: .375em; background: none; color: inherit; font: inherit; overflow-wrap: anywhere;
}
[part=answers] button { cursor: pointer; }
[part=answers] [aria-disabled=true] { cursor: default; opacity: .6; }
[part~=default] { outline: 1px solid; outline-offset: -3px; }
[part=answers] :focus-visible { outline: 2px solid var(--_tone); outline-offset: 2px; }
[part=deadline], [part=notice] { font-size: .875em; }
@media (prefers-reduced-motion: reduce) { [part=fill] { animation: none !important; transition: none; } }
@media (forced-colors: active) {
  [part=bar] { border: 1px solid; }
  [part=fill] { background: Highlight; forced-color-adjust: none; }
}`;
