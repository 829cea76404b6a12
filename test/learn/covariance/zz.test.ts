import { test } from 'vitest'
import { load } from '../agreement/data.ts'
import { fastMcd } from '../../../src/learn/covariance/fast-mcd.ts'
import { covarianceAbout, precisionOf } from '../../../src/learn/covariance/moments.ts'
import { columnMeans } from '../../../src/learn/linear/design.ts'
import { takeDense } from '../../../src/learn/core/take-rows.ts'
import { Random } from '../../../src/learn/core/random.ts'
test('x', () => {
  for (const spec of [{ name: 'breast_cancer', scale: true, columns: [0, 1, 4, 5, 8], holdout: true }, { name: 'made-regression', holdout: true }]) {
    const { X } = load(spec)
    const out: string[] = []
    const t = performance.now()
    for (let s = 0; s < 12; s++) {
      const p = takeDense(X, fastMcd(X, Math.ceil((X.rows + X.columns + 1) / 2), new Random(s)))
      out.push(precisionOf(covarianceAbout(p, columnMeans(p))).logDeterminant.toFixed(6))
    }
    console.log(out.join(' '), (performance.now() - t) / 12)
  }
})
