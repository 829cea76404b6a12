import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>Downhill, one step at a time</h2>
    <p>
      Gradient descent knows only the slope under its feet. It takes a step against it, looks again, and goes on. How
      long the step is decides everything: too short and it crawls, too long and it jumps over the valley, farther each
      time.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>Down a parabola</b> and step: each step takes <Formula of="x" /> times 0.8. Raise the rate to 0.5, to
        0.9, to 1: when does it arrive, and when never? <b>Too fast</b> is beyond.
      </li>
      <li>
        Play <b>Shallow well, plain</b>, then <b>Shallow well, momentum</b>: the same start and the same rate. What
        carries the second one over the hill?
      </li>
      <li>
        <b>Ravine</b>: one direction is steep, the other flat, and one rate must serve both. Watch who zigzags.
      </li>
      <li>
        <b>Saddle</b>: set the start y to 0. The slope vanishes where it is no minimum. Then move the start a hair
        aside.
      </li>
      <li>
        Type a function of your own, such as <code>x^4 - 3x^2 + sin(8x)</code>, and drag the start about: into which
        well does each place fall?
      </li>
    </ol>
    <h2>The formula</h2>
    <p class="formula block">
      <Formula of="x ← x − η · f ′(x)" />
    </p>
    <p>With momentum a velocity is kept, like a heavy ball:</p>
    <p class="formula block">
      <Formula of="v ← μ v + f ′(x),   x ← x − η v" />
    </p>
    <p>
      RMSProp, AdaGrad and Adam divide each direction by the size that its slopes have had, so that steep and flat ones
      go equally fast.
    </p>
    <p class="muted">
      Cauchy (1847); momentum: Polyak (1964); Nesterov (1983); AdaGrad: Duchi and others (2011); Adam: Kingma and Ba
      (2015).
    </p>
  </>
)
