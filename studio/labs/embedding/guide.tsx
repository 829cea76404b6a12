import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>Many numbers, two axes</h2>
    <p>
      A picture of 28 × 28 pixels is a point in a space of 784 dimensions. PCA looks for the directions in which the
      points spread most and throws the others away. t-SNE moves points about in the plane until each has about the same
      neighbours as in the data.
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>Digits, t-SNE</b> and Play: first lumps, then islands. The divergence drops when the exaggeration ends
        after 250 iterations, or sooner where all points were pulled into one. Press a point to see its neighbours.
      </li>
      <li>
        Press <b>Digits, PCA</b>: how much of the variance do two axes carry? Compare how many neighbours are kept.
      </li>
      <li>
        Press <b>Perplexity 4</b>, then <b>Perplexity 100</b>. Islands break and merge, though the data are the same. Do
        not read too much into them.
      </li>
      <li>
        Press <b>Swiss roll, PCA</b>: the roll stays rolled. t-SNE follows it, but tears it. Colours show the place
        along the roll.
      </li>
      <li>
        Change the seed, or start at random: which things stay, and which were chance? Distances between islands mean
        little.
      </li>
    </ol>
    <h2>The formulas</h2>
    <p class="formula block">
      <Formula of="PCA: cov(X) v_k = λ_k v_k" />
    </p>
    <p class="formula block">
      <Formula of="p_{ij} ∝ exp(−|x_i − x_j|^2 / 2σ_i^2)" />
    </p>
    <p class="formula block">
      <Formula of="q_{ij} ∝ 1 / (1 + |y_i − y_j|^2)" />
    </p>
    <p class="formula block">
      <Formula of="KL = sum p_{ij} log (p_{ij} / q_{ij})" />
    </p>
    <p class="muted">
      Pearson (1901); van der Maaten and Hinton, JMLR 9 (2008); Wattenberg, Viégas and Johnson, “How to use t-SNE
      effectively”, Distill (2016).
    </p>
  </>
)
