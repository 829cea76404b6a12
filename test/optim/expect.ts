import { expect } from 'vitest'

/** Throws unless numbers agree to the tolerance, relative to max(1, |x|). */
export const expectClose = (
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  expect(got.length, `${what}: number of elements`).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [expected[i]!, got[i]!]
    const error = Math.abs(y - x) / Math.max(1, Math.abs(x))
    if (!(error <= tolerance))
      expect.fail(`${what}: element ${i} is ${y}, expected ${x}: off by ${error}, allowed ${tolerance}`)
  }
}

/** Throws unless `action` throws, or its promise rejects with, an error of this class and exactly this message. */
export const expectError = async (
  action: () => unknown,
  kind: abstract new (...args: never) => Error,
  message: string,
): Promise<void> => {
  let caught: unknown = null
  try {
    await action()
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(kind)
  expect((caught as Error).message).toBe(message)
}
