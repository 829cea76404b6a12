import fc from 'fast-check'
import { expect, test } from 'vitest'
import { losesDigits, parseDecimal } from '../../../src/data/table/decimal.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const parsed = (text: string, point?: string): number =>
  parseDecimal(bytesOf(text), 0, bytesOf(text).length, point?.charCodeAt(0))

/** The same double, the sign of 0 counted. */
const expectSame = (text: string): void => {
  const value = parsed(text)
  if (!Object.is(value, Number(text))) expect.fail(`${text}: ${value} is not ${Number(text)}`)
}

test('every double is read back from its shortest text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), x => expectSame(String(x))),
    { numRuns: 200_000 },
  )
})

test('texts of doubles with 15 to 21 digits give what Number gives', () => {
  const x = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(x, fc.integer({ min: 15, max: 21 }), (x, digits) => {
      expectSame(x.toPrecision(digits))
      expectSame(x.toExponential(digits - 1))
    }),
    { numRuns: 100_000 },
  )
})

test('digits with a point anywhere and an exponent give what Number gives', () => {
  const digits = fc.stringMatching(/^\d{0,24}$/)
  const exponent = fc.option(fc.integer({ min: -340, max: 320 }), { nil: undefined })
  fc.assert(
    fc.property(digits, digits, exponent, fc.constantFrom('', '-', '+'), (whole, fraction, power, sign) => {
      if (whole + fraction === '') return
      expectSame(`${sign}${whole}.${fraction}${power === undefined ? '' : `e${power}`}`)
      if (whole) expectSame(`${sign}${whole}`)
    }),
    { numRuns: 200_000 },
  )
})

test('numbers halfway between two doubles are rounded to even, and those beside them to their side', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 60n }), m => {
      for (const beside of [-1n, 0n, 1n]) {
        expectSame(String(2n * m + 1n + beside))
        const text = String(m + beside)
        expectSame(`${text.slice(0, 5)}.${text.slice(5)}`)
      }
    }),
    { numRuns: 50_000 },
  )
})

test('what is no decimal number is none, though Number may read it', () => {
  const none = [
    '',
    ' ',
    '-',
    '+',
    '.',
    '-.',
    'e5',
    '.e5',
    '1e',
    '1e+',
    '0x10',
    '0b1',
    '1_000',
    '1,5',
    '1 2',
    '--1',
    '1.2.3',
    'nan',
    'NaN',
    'infinit',
    'in',
    '1f',
    '٣',
    'Infinityy',
  ]
  expect(none.filter(text => !Number.isNaN(parsed(text)))).toEqual([])
})

test('infinities are read in their usual spellings', () => {
  expect(['inf', '+INF', 'Infinity', 'infinity'].map(text => parsed(text))).toEqual([
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ])
  expect(['-inf', '-Infinity'].map(text => parsed(text))).toEqual([-Infinity, -Infinity])
})

test('spaces around a number do not count, and the decimal point may be another character', () => {
  expect(parsed(' \t1.5\t ')).toBe(1.5)
  expect(parsed('1,5', ',')).toBe(1.5)
  expect(parsed('12345678901234567890,123e-3', ',')).toBe(Number('12345678901234567890.123e-3'))
  expect(parsed('1.5', ',')).toBeNaN()
})

test('whole numbers that a double does not hold are known', () => {
  expect(['9007199254740993', '-9007199254740993', '+12345678901234567890'].map(losesDigits)).toEqual([
    true,
    true,
    true,
  ])
  expect(
    ['9007199254740992', '9007199254740994', '1e30', '100000000000000000000', '9007199254740993.0'].map(losesDigits),
  ).toEqual([false, false, false, false, false])
})
