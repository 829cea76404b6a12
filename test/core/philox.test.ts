import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { blocksFor, fillBits, fillIntegers, fillNormal, fillUniform, philox4x32 } from '../../src/core/philox.ts'

const key = [0xdeadbeef, 42] as const

/** A line of Random123's `kat_vectors`: `philox4x32 10`, then counter, key and expected words in hexadecimal. */
const check = (line: string) => {
  const [c0, c1, c2, c3, k0, k1, ...expected] = line
    .trim()
    .split(/\s+/)
    .slice(2)
    .map(word => Number.parseInt(word, 16))
  expect(philox4x32([c0!, c1!, c2!, c3!], [k0!, k1!])).toEqual(expected)
}

describe('the known answers of Random123', () => {
  test.each([
    'philox4x32 10 00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8',
    'philox4x32 10 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd',
    'philox4x32 10 243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1',
  ])('come out of "%s"', check)

  const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
  const file = `${data}/vectors/random123/kat_vectors`
  test('come out of every 10-round line of the published file', context => {
    if (!existsSync(file)) context.skip(`${file} is absent; set GRADUS_DATA to the folder with vectors/random123`)
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('philox4x32 10 '))
    expect(lines.length).toBeGreaterThanOrEqual(3)
    lines.forEach(check)
  })
})

describe('the counter', () => {
  test('starts at the block and carries from its low to its high word', () => {
    const out = new Uint32Array(12)
    fillBits(out, key, 2 ** 32 - 2)
    expect([...out]).toEqual([
      ...philox4x32([0xfffffffe, 0, 0, 0], key),
      ...philox4x32([0xffffffff, 0, 0, 0], key),
      ...philox4x32([0, 1, 0, 0], key),
    ])
  })

  test('holds blocks up to the last that a double can count', () => {
    const out = new Uint32Array(4)
    fillBits(out, key, 2 ** 53 - 1)
    expect([...out]).toEqual(philox4x32([0xffffffff, 0x1fffff, 0, 0], key))
  })

  test('is at the same block whether a draw is made at once or in parts', () => {
    for (const [fill, size] of [
      [fillUniform, 10_002],
      [fillNormal, 10_003],
    ] as const) {
      const whole = new Float32Array(size)
      fill(whole, key, 7)
      const first = new Float32Array(4096 + 4)
      fill(first, key, 7)
      const rest = new Float32Array(size - first.length)
      fill(rest, key, 7 + blocksFor(first.length))
      expect([...first, ...rest]).toEqual([...whole])
    }
  })

  test('advances by one block for every four elements begun', () => {
    expect([0, 1, 4, 5, 8, 9].map(blocksFor)).toEqual([0, 1, 1, 2, 2, 3])
  })

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses block %s, which it cannot count', block => {
    const expected = new ArgumentError(
      `philox: block must be a whole number from 0 to 9007199254740990 to fill 6 elements; got ${block}. Advance it by blocksFor(size) after each draw.`,
      { block, size: 6 },
    )
    expect(() => fillBits(new Int32Array(6), key, block)).toThrow(expected)
    expect(() => fillUniform(new Float32Array(6), key, block)).toThrow(expected)
    expect(() => fillNormal(new Float64Array(6), key, block)).toThrow(expected)
    expect(() => fillIntegers(new Int32Array(6), key, block, 0, 2)).toThrow(expected)
  })
})

describe('the draws', () => {
  test('are the same bits in signed and unsigned arrays', () => {
    const signed = new Int32Array(7)
    const unsigned = new Uint32Array(7)
    fillBits(signed, key, 3)
    fillBits(unsigned, key, 3)
    expect([...signed].map(x => x >>> 0)).toEqual([...unsigned])
    expect(Math.max(...unsigned)).toBeGreaterThan(2 ** 31)
  })

  test('are uniform by the top 24 bits of one word an element, the same in float32 and float64', () => {
    const single = new Float32Array(5000)
    const double = new Float64Array(5000)
    fillUniform(single, key, 11)
    fillUniform(double, key, 11)
    expect([...single]).toEqual([...double])
    expect([...single.subarray(0, 4)]).toEqual(
      philox4x32([11, 0, 0, 0], key).map(word => Math.floor(word / 256) / 2 ** 24),
    )
  })

  test('are normal by Box and Muller on words 0 and 1, then 2 and 3, float32 being float64 rounded', () => {
    const single = new Float32Array(5001)
    const double = new Float64Array(5001)
    fillNormal(single, key, 5)
    fillNormal(double, key, 5)
    expect([...single]).toEqual([...Float32Array.from(double)])
    const [a, b, c, d] = philox4x32([5, 0, 0, 0], key)
    const pair = (u: number, v: number) => {
      const radius = Math.sqrt(-2 * Math.log((u + 1) / 2 ** 32))
      return [radius * Math.cos((2 * Math.PI * v) / 2 ** 32), radius * Math.sin((2 * Math.PI * v) / 2 ** 32)]
    }
    const expected = [...pair(a, b), ...pair(c, d)]
    for (const [i, x] of expected.entries()) expect(double[i]).toBeCloseTo(x, 14)
  })

  test('have the moments of their distributions within five standard errors', () => {
    const n = 200_000
    const out = new Float64Array(n)
    const moment = (power: number) => out.reduce((sum, x) => sum + x ** power, 0) / n
    fillUniform(out, key, 0)
    expect(Math.abs(moment(1) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(moment(2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n))
    fillNormal(out, key, 0)
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
  })

  test('fill no element when there is none', () => {
    const out = new Float32Array(0)
    fillUniform(out, key, 0)
    fillNormal(out, key, 0)
    expect(out).toHaveLength(0)
  })
})

describe('whole numbers', () => {
  test('are the exact high half of word times span, added to low', () => {
    for (const [low, high] of [
      [0, 10],
      [-5, 6],
      [7, 8],
      [0, 2 ** 31],
      [-(2 ** 31) + 1, 2 ** 31],
      [-(2 ** 31), 2 ** 31],
    ] as const) {
      const words = new Uint32Array(1001)
      const out = new Int32Array(1001)
      fillBits(words, key, 9)
      fillIntegers(out, key, 9, low, high)
      const expected = [...words].map(word => Number((BigInt(word) * BigInt(high - low)) >> 32n) + low)
      expect([...out]).toEqual(expected)
    }
  })

  test('come equally often', () => {
    const out = new Int32Array(60_000)
    fillIntegers(out, key, 0, 1, 7)
    const counts = [1, 2, 3, 4, 5, 6].map(face => out.filter(x => x === face).length)
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(20.5) // one seed in a thousand is above, at 5 degrees of freedom
  })

  test.each([
    [3, 3],
    [4, 3],
    [0.5, 3],
    [0, Number.NaN],
    [-(2 ** 31) - 1, 0],
    [0, 2 ** 31 + 1],
  ])('are refused from %s to %s', (low, high) => {
    expect(() => fillIntegers(new Int32Array(4), key, 0, low, high)).toThrow(
      new ArgumentError(
        `philox: low and high must be whole numbers with -2147483648 <= low < high <= 2147483648; got ${low} and ${high}. high itself is never drawn.`,
        { low, high },
      ),
    )
  })
})
