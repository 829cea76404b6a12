import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>A line, and what it costs</h2>
    <p>
      A linear classifier gives every point a score. Where the score is 0 lies the line; on one side it says class 1, on
      the other class 0. The loss says how bad the scores are, and training moves the three numbers of the line so that
      it falls.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Drag the line by its square, turn it by its circles, and watch the loss. Then press <b>Play</b>: which way does
        the arrow lead?
      </li>
      <li>
        Press <b>Far points pull</b> and play: a gap lies between the classes, yet squared error misses it, as the six
        points far on the right are “too right” for it and pull the line over. Change the loss to <b>log loss</b> or{' '}
        <b>hinge</b>.
      </li>
      <li>
        Press <b>Hinge</b>: points beyond the dashed margin cost exactly nothing. Move one of them about there: nothing
        changes. Now move it within.
      </li>
      <li>
        With groups that lie apart, log loss makes the weights grow for ever. Add an L2 penalty and see its bowl appear
        in the surface.
      </li>
      <li>
        Press <b>Three classes</b> and look at the surface of each class. Press <b>No line can</b>: where does it end,
        and why?
      </li>
    </ol>
    <h2>The formula</h2>
    <p>
      Score and loss of a point, with <Formula of="t = 1" /> for class 1 and <Formula of="t = −1" /> for class 0:
    </p>
    <p class="formula block">
      <Formula of="s = w_1 x + w_2 y + b" />
    </p>
    <p class="formula block">
      <Formula of="log(1 + e^{−t s}),   (s − t)^2,   max(0, 1 − t s)" />
    </p>
    <p>Each step goes against the slope of the mean loss, as far as the rate η says:</p>
    <p class="formula block">
      <Formula of="w ← w − η · ∂L/∂w" />
    </p>
    <p class="muted">
      Logistic regression: Cox (1958). The hinge and its margin: Cortes and Vapnik, Support-vector networks (1995).
    </p>
  </>
)
