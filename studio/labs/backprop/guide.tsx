import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>Values forward, gradients back</h2>
    <p>
      An expression is a graph of small operations. Going forward, each computes its value from its operands. Going
      back, each hands its gradient on to its operands, times how it changes with them. That is all there is to
      back-propagation, in a sum of two numbers and in a large language model.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        With <b>(x + y) · z</b> press <b>Step</b> five times. Which operation hands its gradient on unchanged, and which
        one swaps its operands?
      </li>
      <li>
        <b>A variable twice</b>: two gradients arrive at x, and they add up. Take one use away and look again.
      </li>
      <li>
        <b>A neuron</b>: set b to 10. The sigmoid is flat there, its local derivative is almost 0, and nothing arrives
        at the weights. Gradients have vanished.
      </li>
      <li>
        <b>Relu is off</b>: everything behind the relu gets 0. Raise b until it wakes up.
      </li>
      <li>
        In <b>Neuron and loss</b> take a small step against the gradient of w yourself: set w to w − 0.5 · gradient. Did
        f fall?
      </li>
    </ol>
    <h2>The formula</h2>
    <p>The chain rule for one edge, from a node q to its operand a:</p>
    <p class="formula block">
      <Formula of="∂f/∂a = ∂f/∂q · ∂q/∂a" />
    </p>
    <p>
      The first factor comes from behind; the second is the local derivative. Where a is used more than once, the
      products are added.
    </p>
    <p class="muted">
      Linnainmaa (1970); Rumelhart, Hinton and Williams, Nature 323 (1986). The example is from Stanford’s course
      CS231n.
    </p>
  </>
)
