import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>Eight ways to draw a border</h2>
    <p>
      All of these methods get the same points and must say which class each place of the plane belongs to. They differ
      in what they look at: neighbours, one coordinate after the other, densities, or a border with a wide margin. Point
      at the plane to see the reason in the method's own terms.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>One neighbour</b>: it is right on every training point, always. Is it on the test points? Then{' '}
        <b>25 neighbours</b>.
      </li>
      <li>
        Press <b>A tree’s steps</b> and change the depth. Each rule cuts along one axis, so slanted borders become
        stairs. <b>A forest</b> rounds them off.
      </li>
      <li>
        Press <b>Naive Bayes on a chessboard</b>. Each coordinate alone says nothing about the class here, and it looks
        at nothing else.
      </li>
      <li>
        Press <b>K-means, step by step</b>, then Step. The inertia never rises. Another seed starts elsewhere: does it
        end in the same place?
      </li>
      <li>
        Press a cell of the confusion matrix off the diagonal: where do the mistakes lie? Then move the threshold, and
        see hits and false alarms go up together.
      </li>
    </ol>
    <h2>The formulas</h2>
    <p class="formula block">
      <Formula of="neighbours: p(k | x) = sum w_i [y_i = k] / sum w_i" />
    </p>
    <p class="formula block">
      <Formula of="tree: split where 1 − sum p_k^2 falls most" />
    </p>
    <p class="formula block">
      <Formula of="naive Bayes: p(k | x) ∝ p(k) · p(x_1 | k) · p(x_2 | k)" />
    </p>
    <p class="formula block">
      <Formula of="SVM: score = sum α_i y_i K(x_i, x) + b" />
    </p>
    <p class="muted">
      Fix and Hodges (1951), neighbours; Fisher (1936), discriminants; Breiman and others (1984, 2001), trees and
      forests; Cortes and Vapnik (1995), support vectors; Lloyd (1982), k-means.
    </p>
  </>
)
