import { readFileSync } from 'node:fs'
import type { Tensor } from '../../src/index.ts'

/** JSON has no NaN and no infinities: they are kept as words. */
const read = (x: unknown): unknown => {
  if (typeof x === 'string' && /^(NaN|-?Infinity)$/.test(x)) return Number(x)
  if (Array.isArray(x)) return x.map(read)
  return x && typeof x === 'object' ? Object.fromEntries(Object.entries(x).map(([k, v]) => [k, read(v)])) : x
}
/** A file of expected values. */
export const fixtureOf = <T>(name: string): T =>
  read(JSON.parse(readFileSync(new URL(`../fixtures/stats-${name}.json`, import.meta.url), 'utf8'))) as T

/** Throws unless a number is within a relative error of another, which counts as at least `floor`. */
export const near = (got: number, want: number, relative: number, what = '', floor = 1e-300): void => {
  if (Object.is(got, want) || got === want || (Number.isNaN(got) && Number.isNaN(want))) return
  const error = Math.abs(got - want) / Math.max(Math.abs(want), floor)
  if (!(error <= relative)) throw new Error(`${what}: ${got} is not ${want}: off by ${error}`)
}
/** As {@link near}, element by element. */
export const allNear = async (
  got: Tensor,
  want: readonly number[],
  relative: number,
  what: string,
  floor?: number,
): Promise<void> => {
  const values = await got.data()
  if (values.length !== want.length) throw new Error(`${what}: ${values.length} values, not ${want.length}`)
  for (const [i, w] of want.entries()) near(Number(values[i]), w, relative, `${what}[${i}]`, floor)
}
