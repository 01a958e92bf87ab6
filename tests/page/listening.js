// Runs before the page: keeps what is played, what lights up, and what the policy forbade.
window.test = { isTapped: false, played: [], lit: [], forbidden: [] };

addEventListener("securitypolicyviolation", (event) => {
  console.error(`forbidden by the policy: ${event.violatedDirective} ${event.blockedURI}`);
});

const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...more) {
  if (test.isTapped && target instanceof AudioDestinationNode) {
    const { context } = this;
    context.audioWorklet.addModule("/page/tap.js").then(() => {
      const tap = new AudioWorkletNode(context, "tap");
      tap.port.onmessage = ({ data }) => test.played.push(...data);
      connect.call(this, tap);
      connect.call(tap, context.destination);
    });
  }
  return connect.call(this, target, ...more);
};

new MutationObserver((changes) => {
  for (const { target } of changes) {
    if (target.classList?.contains("lit") && test.lit.at(-1) !== target.textContent) {
      test.lit.push(target.textContent);
    }
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["class"] });
