import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>A network bends lines</h2>
    <p>
      One neuron can only cut the plane along a straight line. A layer of neurons makes several cuts, and the next layer
      puts them together. Training moves all cuts at once, a little at each step, so that the loss falls.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>XOR, no hidden layer</b> and play: no line parts the four corners; even the best one leaves a quarter
        of the points wrong, and the loss ends at one that is little better than chance. Then <b>XOR, 4 units</b>.
      </li>
      <li>
        With <b>Two spirals</b>, take units away until it fails. How many cuts does a spiral need?
      </li>
      <li>
        Press <b>Moons with noise</b> and let it run: the training loss goes on falling while the test loss rises. That
        is overfitting. What do dropout, weight decay and fewer units do?
      </li>
      <li>
        Press <b>All weights zero</b>: every unit gets the same gradient, so they never become different. Chance has to
        break the tie.
      </li>
      <li>Raise the learning rate until the loss jumps about, then lower it while it runs.</li>
    </ol>
    <h2>The formula</h2>
    <p>Each layer multiplies, adds and bends:</p>
    <p class="formula block">
      <Formula of="h = φ(W x + b),   φ = tanh, relu, …" />
    </p>
    <p>The last one gives a score for each class; softmax makes probabilities of them, and the loss is</p>
    <p class="formula block">
      <Formula of="L = − mean log p_{true class}" />
    </p>
    <p>Each step takes some points and moves every weight against its slope:</p>
    <p class="formula block">
      <Formula of="w ← w − η · ∂L/∂w" />
    </p>
    <p class="muted">
      Back-propagation made this practical: Rumelhart, Hinton and Williams, Nature 323 (1986). That one hidden layer is
      enough in principle: Cybenko (1989).
    </p>
  </>
)
