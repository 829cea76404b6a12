// What is said of a measured case, in the terminal and in docs/benchmarks.md.
import { megabytes, table } from './table.mjs'

/** Three digits or so: 0.352, 4.18, 36.1, 1,205. */
export const digits = x =>
  x >= 100
    ? Math.round(x).toLocaleString('en')
    : x.toLocaleString('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
const fastest = contestants => contestants.reduce((a, b) => (b.median < a.median ? b : a))
/** The fastest of a group, or nothing. */
export const bestOf = ({ contestants }, group) => {
  const members = contestants.filter(c => c.group === group)
  return members.length > 0 ? fastest(members) : null
}

/** Heading and rows: Gradus first, the others from fast to slow. The last column is the best Gradus's time as a share of theirs. */
export const caseTable = result => {
  const best = bestOf(result, 'gradus')
  const { units, unit } = result
  const head = ['', 'ms', '90 %', ...(unit ? [unit] : []), 'resident', 'Gradus ÷ it']
  const isOwn = c => Number(c.group === 'gradus')
  const order = [...result.contestants].sort((a, b) => isOwn(b) - isOwn(a) || a.median - b.median)
  const rows = order.map(c => [
    c.name,
    digits(c.median),
    digits(c.p90),
    ...(unit ? [digits((1000 * units) / c.median)] : []),
    megabytes(c.memory),
    c === best ? '1' : (best.median / c.median).toFixed(2),
  ])
  return { head, rows }
}

/** Whom Gradus is compared with in words: the best PyTorch, or the best JavaScript library where there is none. */
const rivalOf = result => {
  const torch = bestOf(result, 'torch')
  if (torch) return { other: torch, called: 'best PyTorch' }
  const libraries = ['tfjs', 'jax', 'transformers'].flatMap(group => bestOf(result, group) ?? [])
  return libraries.length > 0 ? { other: fastest(libraries), called: 'best other' } : null
}

const ratioNote = (best, { other, called }) => {
  const each = best.roundMedians.map((ms, i) => ms / other.roundMedians[i])
  const range = `${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)} in single rounds`
  return `Gradus ÷ ${called} (${other.name}): ${(best.median / other.median).toFixed(2)} (${range})`
}

/** Sentences under the table. */
export const caseNotes = result => {
  const [best, rival] = [bestOf(result, 'gradus'), rivalOf(result)]
  const { leftOut, disturbed } = result
  return [
    ...(rival ? [ratioNote(best, rival)] : []),
    ...(best.engine === undefined
      ? []
      : [`of Gradus's ${digits(best.median)} ms, inside ONNX Runtime's run: ${digits(best.engine)}`]),
    ...leftOut.map(why => `left out: ${why}`),
    ...(disturbed > 0.02
      ? [`not to be trusted: others worked ${(100 * disturbed).toFixed(0)} % of Gradus's time`]
      : []),
  ]
}

export const caseText = result => {
  const { head, rows } = caseTable(result)
  const text = table([result.name || head[0], ...head.slice(1)], rows)
  return [text, '', ...caseNotes(result)].join('\n')
}

export const machineText = ({ cpu, cores, memory, platform }) =>
  `${cpu}, ${cores} cores, ${megabytes(memory)}, ${platform}`
export const versionsText = versions =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
