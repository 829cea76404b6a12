import { Formula } from '../../kit/formula.tsx'

export const Guide = () => (
  <>
    <h2>Why a model errs</h2>
    <p>
      A model learns from one sample of the world. With another sample it would have learned something else. Here the
      same model is fitted to many samples, so that one can see what it gets wrong on average (bias) and how much it
      depends on the sample (variance).
    </p>
    <h2>Try</h2>
    <ol>
      <li>
        Press <b>Too stiff</b>: all fits are much alike, and all are wrong in the same way. Then <b>Too wild</b>: their
        mean is close to the truth, but single fits are not.
      </li>
      <li>
        Press places of the <b>error curve</b>: the fan changes, the data sets stay. Where is the bottom of the U, and
        which part rules on each side?
      </li>
      <li>
        Take the wild one and raise the <b>penalty</b> slowly. What it costs in bias it saves in variance. That is the
        trade.
      </li>
      <li>
        Give each data set more <b>points</b>: the variance shrinks, the bias stays. Change the <b>noise</b>: which
        parts react?
      </li>
      <li>Let it run and watch the standard errors: four times as many data sets halve them.</li>
    </ol>
    <h2>The formula</h2>
    <p>For the mean over data sets, at each place:</p>
    <p class="formula block">
      <Formula of="E (y − f̂)^2 = (E f̂ − f)^2 + var f̂ + σ^2" />
    </p>
    <p>
      Every other data set tells bias and variance, and the fits to the ones between are tested on fresh values. So the
      two sides of the equation are found apart, and agree only because it is true.
    </p>
    <p class="muted">Geman, Bienenstock and Doursat, Neural Computation 4 (1992).</p>
  </>
)
