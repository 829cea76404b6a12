// Bias and variance of polynomials of growing degree, by repeated fits, drawn as curves.
//   node examples/bias-variance.mjs [bias-variance.svg]
// Reaches: at each degree bias² + variance + noise is the test error within 3 standard errors; the error is a U with its bottom at degree 3 to 5.
import { writeFileSync } from 'node:fs'
import { biasVariance, linearRegression, makePipeline, polynomialFeatures, standardScaler } from 'gradus/learn'

const wave = { f: ([x]) => Math.sin(2 * Math.PI * x), drawX: random => [random.uniform()], noise: 0.3 }
console.log('degree  bias²   variance  noise   sum     test error  apart')
const rows = []
for (let degree = 1; degree <= 9; degree++) {
  const estimator = makePipeline(
    polynomialFeatures({ degree, includeBias: false }),
    standardScaler(),
    linearRegression(),
  )
  const r = await biasVariance(estimator, wave, { trainSize: 60, repeats: 400, testSize: 300, randomState: 3 })
  const apart = Math.abs(r.error - r.expected) / r.standardError
  console.log(
    `${degree}       ${[r.bias2, r.variance, r.noise, r.expected, r.error].map(x => x.toFixed(4)).join('  ')}     ${apart.toFixed(1)} standard errors`,
  )
  rows.push([degree, r])
}
const line = (key, color) => {
  const points = rows
    .map(([d, r]) => `${40 + 60 * (d - 1)},${260 - 500 * Math.min(0.5, Math.max(0, r[key]))}`)
    .join(' ')
  return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/><text x="530" y="${255 - 500 * Math.min(0.5, rows.at(-1)[1][key])}" fill="${color}">${key}</text>`
}
const path = process.argv[2]
if (path) {
  const lines = [
    ['bias2', '#0072b2'],
    ['variance', '#d55e00'],
    ['noise', '#8a8f98'],
    ['error', '#009e73'],
  ].map(([key, color]) => line(key, color))
  writeFileSync(
    path,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 300" font-family="system-ui" font-size="12"><rect width="620" height="300" fill="#fff"/>${lines.join('')}</svg>\n`,
  )
}
